package io.galvani.mechanism;

/**
 * A parameter of a mechanism.
 *
 * @param name as in NEURON, such as {@code gIhbar}, {@code tau1}
 * @param unit as in NEURON, such as {@code S/cm2}
 * @param value default
 * @param about one line for the user
 */
public record Parameter(String name, String unit, double value, String about) {}
