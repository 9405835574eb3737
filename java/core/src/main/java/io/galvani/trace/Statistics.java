package io.galvani.trace;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/** Means, spreads and intervals of scores over runs. */
public final class Statistics {
  private Statistics() {}

  /** Arithmetic mean; NaN of nothing. */
  public static double mean(double[] x) {
    double sum = 0;
    for (double v : x) {
      sum += v;
    }
    return sum / x.length;
  }

  /** Standard deviation of a sample, with n − 1; 0 of a single value, NaN of nothing. */
  public static double standardDeviation(double[] x) {
    double mean = mean(x);
    double sum = 0;
    for (double v : x) {
      sum += (v - mean) * (v - mean);
    }
    return Math.sqrt(sum / Math.max(1, x.length - 1));
  }

  /** The values that are numbers: a run without spikes has no precision. */
  public static double[] numbers(double[] x) {
    return Arrays.stream(x).filter(v -> !Double.isNaN(v)).toArray();
  }

  /**
   * What a score may be.
   *
   * @param low lower end
   * @param high upper end
   */
  public record Interval(double low, double high) {}

  /**
   * Confidence interval of a statistic of runs, by the percentiles of as many resamplings of whole runs with replacement. Samples within
   * a run depend on each other; runs do not.
   *
   * @param runs how many there are
   * @param statistic of runs, given by their indices, some of them several times
   * @param level such as 0.95
   * @param resamplings 1000 for a level of 0.95
   * @param seed the same one gives the same interval
   */
  public static Interval bootstrap(int runs, ToDoubleFunction<int[]> statistic, double level, int resamplings, long seed) {
    if (runs < 1 || resamplings < 1 || !(level > 0 && level < 1)) {
      throw new IllegalArgumentException(runs + " runs, " + resamplings + " resamplings, level " + level);
    }
    var random = new SplittableRandom(seed);
    double[] values = new double[resamplings];
    int[] drawn = new int[runs];
    for (int r = 0; r < resamplings; r++) {
      Arrays.setAll(drawn, i -> random.nextInt(runs));
      values[r] = statistic.applyAsDouble(drawn);
    }
    values = numbers(values);
    if (values.length == 0) {
      return new Interval(Double.NaN, Double.NaN);
    }
    Arrays.sort(values);
    return new Interval(quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2));
  }

  /** Quantile of ascending values, interpolated between the two beside it. */
  static double quantile(double[] ascending, double q) {
    double at = q * (ascending.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, ascending.length - 1);
    return ascending[below] + (at - below) * (ascending[above] - ascending[below]);
  }
}
