package io.galvani.mechanism;

import io.galvani.InputException;

/**
 * A parameter of a mechanism.
 *
 * @param name as in NEURON, such as {@code gIhbar}, {@code tau1}
 * @param unit as in NEURON, such as {@code S/cm2}
 * @param value default
 * @param about one line for the user
 */
public record Parameter(String name, String unit, double value, String about) {
  /**
   * Refuses values that have no physical meaning in the parameter's unit.
   *
   * @param source and {@code place}: what states the value, for the error
   * @throws InputException if the value is not finite, a conductance or concentration is negative, a time or length not above 0
   */
  public void check(double value, String source, String place) {
    String range = switch (unit) {
      case "S/cm2", "uS", "mM" -> value >= 0 ? null : "0 or more";
      case "ms", "um" -> value > 0 ? null : "above 0";
      default -> null;
    };
    if (!Double.isFinite(value)) {
      range = "a finite number";
    }
    if (range != null) {
      throw new InputException(source, place, name + " = " + value + " " + unit + " is out of range", "It must be " + range);
    }
  }
}
