package io.galvani.cable;

import java.util.Arrays;
import java.util.List;

/** One of the six ways in which the direct engine computes. */
public record Mode(Precision precision, Rates rates) {
  /** float64 with exact rates: NEURON's answer. */
  public static final Mode REFERENCE = new Mode(Precision.F64, Rates.EXACT);

  /** All of them, the reference first. */
  public static final List<Mode> ALL = Arrays.stream(Precision.values())
      .flatMap(p -> Arrays.stream(Rates.values()).map(r -> new Mode(p, r))).toList();

  /** Whether this is float64 with exact rates. */
  public boolean isReference() {
    return equals(REFERENCE);
  }

  @Override
  public String toString() {
    return (precision + " " + rates).toLowerCase();
  }
}
