package io.galvani.bench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;

/** What the rounds of a measurement gave. */
public record Rounds(double[] values) {
  public double median() {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }

  public double smallest() {
    return Arrays.stream(values).min().orElseThrow();
  }

  public double largest() {
    return Arrays.stream(values).max().orElseThrow();
  }

  /** Round by round, for what slows the machine slows both. */
  Rounds over(Rounds others) {
    double[] ratio = new double[values.length];
    Arrays.setAll(ratio, r -> values[r] / others.values[r]);
    return new Rounds(ratio);
  }

  /** Median (smallest–largest), to three digits. */
  @Override
  public String toString() {
    return digits(median()) + " (" + digits(smallest()) + "–" + digits(largest()) + ")";
  }

  private static String digits(double value) {
    return new BigDecimal(value).round(new MathContext(3)).toPlainString();
  }
}
