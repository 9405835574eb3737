package io.galvani.surrogate;

/**
 * One number of each sample that a network is given: a state of the cell, or what arrives at synapses.
 *
 * @param name unique within the surrogate
 * @param unit of the quantity: mV, mA/cm2, uS …; empty if it has none
 * @param normalisation of the quantity
 */
public record Channel(String name, String unit, Normalisation normalisation) {}
