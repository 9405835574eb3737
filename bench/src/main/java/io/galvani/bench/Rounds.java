package io.galvani.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

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

  /** What takes part in a round; gives a figure. */
  public interface Turn {
    double take() throws IOException;
  }

  /** Rounds in which all take their turn; the figures of each. Nobody always follows the same one. */
  public static Map<String, Rounds> inTurn(int rounds, Map<String, Turn> turns) throws IOException {
    var figures = new LinkedHashMap<String, Rounds>();
    turns.keySet().forEach(name -> figures.put(name, new Rounds(new double[rounds])));
    var order = new ArrayList<>(turns.keySet());
    for (int r = 0; r < rounds; r++) {
      for (String name : order) {
        figures.get(name).values[r] = turns.get(name).take();
      }
      Collections.rotate(order, 1);
    }
    return figures;
  }

  /** Round by round, for what slows the machine slows both. */
  public Rounds over(Rounds others) {
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
