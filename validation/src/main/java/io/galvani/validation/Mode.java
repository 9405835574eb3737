package io.galvani.validation;

import io.galvani.cable.Precision;
import io.galvani.cable.Rates;

/** The floats and rates that a run is judged in. */
public record Mode(Precision precision, Rates rates) {
  /** float64 with exact rates: NEURON's answer. */
  public static final Mode REFERENCE = new Mode(Precision.F64, Rates.EXACT);

  boolean isReference() {
    return equals(REFERENCE);
  }

  @Override
  public String toString() {
    return (precision + " " + rates).toLowerCase();
  }
}
