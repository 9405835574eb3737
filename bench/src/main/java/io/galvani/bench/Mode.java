package io.galvani.bench;

import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import java.util.Arrays;
import java.util.List;

/** One of the six ways in which the direct engine computes. */
public record Mode(Precision precision, Rates rates) {
  /** All of them, the reference first. */
  public static final List<Mode> ALL = Arrays.stream(Precision.values())
      .flatMap(p -> Arrays.stream(Rates.values()).map(r -> new Mode(p, r))).toList();

  @Override
  public String toString() {
    return (precision + " " + rates).toLowerCase();
  }
}
