package io.galvani.trace;

import java.util.Arrays;
import java.util.List;

/**
 * How a predicted spike train hits the true one.
 *
 * @param expected number of true spikes
 * @param actual number of predicted spikes
 * @param hits number of true spikes that were hit
 * @param shifts ms, predicted − true, of each hit
 */
public record SpikeMatching(int expected, int actual, int hits, double[] shifts) {
  /** ms: spikes this much farther apart than the tolerance still count, as times are rounded. */
  private static final double ROUNDING = 1e-6;

  /**
   * Pairs spikes one to one: as many pairs as there can be whose spikes are at most {@code within} ms apart, and of these the ones that
   * are least apart in sum.
   *
   * @param expected true spike times in ms, ascending
   * @param actual predicted ones, ascending
   * @param within ms
   */
  public static SpikeMatching oneToOne(double[] expected, double[] actual, double within) {
    int n = expected.length;
    int m = actual.length;
    // Of the first i and j spikes: the most pairs, and their least sum of distances. An optimal pairing need not cross.
    int[][] pairs = new int[n + 1][m + 1];
    double[][] apart = new double[n + 1][m + 1];
    for (int i = 1; i <= n; i++) {
      for (int j = 1; j <= m; j++) {
        boolean left = isBetter(pairs[i][j - 1], apart[i][j - 1], pairs[i - 1][j], apart[i - 1][j]);
        pairs[i][j] = left ? pairs[i][j - 1] : pairs[i - 1][j];
        apart[i][j] = left ? apart[i][j - 1] : apart[i - 1][j];
        double distance = Math.abs(actual[j - 1] - expected[i - 1]);
        if (distance <= within + ROUNDING
            && isBetter(pairs[i - 1][j - 1] + 1, apart[i - 1][j - 1] + distance, pairs[i][j], apart[i][j])) {
          pairs[i][j] = pairs[i - 1][j - 1] + 1;
          apart[i][j] = apart[i - 1][j - 1] + distance;
        }
      }
    }
    double[] shifts = new double[pairs[n][m]];
    for (int i = n, j = m, k = shifts.length; k > 0; ) {
      if (pairs[i][j] == pairs[i - 1][j] && apart[i][j] == apart[i - 1][j]) {
        i--;
      } else if (pairs[i][j] == pairs[i][j - 1] && apart[i][j] == apart[i][j - 1]) {
        j--;
      } else {
        shifts[--k] = actual[--j] - expected[--i];
      }
    }
    return new SpikeMatching(n, m, shifts.length, shifts);
  }

  private static boolean isBetter(int pairs, double apart, int thanPairs, double thanApart) {
    return pairs > thanPairs || pairs == thanPairs && apart < thanApart;
  }

  /**
   * As the paper's authors count: a true spike is hit if any predicted one is less than {@code within} ms away. One predicted spike may
   * hit several true ones, so precision may exceed 1.
   *
   * @param expected true spike times in ms
   * @param actual predicted ones
   * @param within ms; theirs: 5
   */
  public static SpikeMatching asInPaper(double[] expected, double[] actual, double within) {
    double[] shifts = Arrays.stream(expected).map(e -> Arrays.stream(actual).map(a -> a - e).reduce(Double.POSITIVE_INFINITY,
        (x, y) -> Math.abs(y) < Math.abs(x) ? y : x)).filter(s -> Math.abs(s) < within - ROUNDING).toArray();
    return new SpikeMatching(expected.length, actual.length, shifts.length, shifts);
  }

  /** Matchings of several runs as one. */
  public static SpikeMatching pooled(List<SpikeMatching> runs) {
    return new SpikeMatching(runs.stream().mapToInt(SpikeMatching::expected).sum(), runs.stream().mapToInt(SpikeMatching::actual).sum(),
        runs.stream().mapToInt(SpikeMatching::hits).sum(), runs.stream().flatMapToDouble(m -> Arrays.stream(m.shifts)).toArray());
  }

  /** Share of the predicted spikes that hit; NaN if none was predicted. */
  public double precision() {
    return actual == 0 ? Double.NaN : (double) hits / actual;
  }

  /** Share of the true spikes that were hit; NaN if there is none. */
  public double recall() {
    return expected == 0 ? Double.NaN : (double) hits / expected;
  }

  /** Harmonic mean of precision and recall; NaN if there is no spike at all. */
  public double f1() {
    return expected + actual == 0 ? Double.NaN : 2.0 * hits / (expected + actual);
  }
}
