package io.galvani;

/**
 * A synapse of a cell: where an event may arrive.
 *
 * @param index position among the slots of the cell, 0…n−1: what an event names
 * @param name unique within the cell
 * @param at the compartment it sits on
 * @param kind mechanism, such as {@code Exp2Syn}, {@code AmpaNmda}
 * @param weight default weight: peak conductance in µS (nA for kinds that inject current)
 */
public record Slot(int index, String name, Location at, String kind, double weight) {}
