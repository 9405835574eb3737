package io.galvani.trace;

import java.util.Arrays;

/**
 * How near a predicted trace comes to the true one. Traces have the same unit and the same samples; shares are fractions, 1 being all.
 *
 * <p>Of runs in closed loop, in which nothing of the truth is shown to the predictor, unless said otherwise.
 */
public final class TraceScores {
  /**
   * mV below which both traces count in the score of the paper's authors: 0.6 of their normalised voltage of layer 2/3 cells. Their
   * scorer leaves missed and false spikes out that way.
   */
  public static final double PAPER_LIMIT = -52.6;
  /** mV at which spikes are cut off where the course below threshold is judged. */
  public static final double SUBTHRESHOLD = -50;

  private TraceScores() {}

  /**
   * Explained variance: {@code 1 − mean((predicted − truth)²) / variance(truth)}. 1: the same; 0: no better than the mean of the truth;
   * negative: worse. NaN if the truth is constant.
   */
  public static double explainedVariance(double[] truth, double[] predicted) {
    requireSameLength(truth, predicted);
    double mean = Statistics.mean(truth);
    double error = 0;
    double total = 0;
    for (int i = 0; i < truth.length; i++) {
      error += square(predicted[i] - truth[i]);
      total += square(truth[i] - mean);
    }
    return total == 0 ? Double.NaN : 1 - error / total;
  }

  /** As {@link #explainedVariance}, of both traces cut off above the ceiling: spikes become short steps. */
  public static double explainedVarianceClipped(double[] truth, double[] predicted, double ceiling) {
    return explainedVariance(clipped(truth, ceiling), clipped(predicted, ceiling));
  }

  /**
   * As the paper's authors score: {@link #explainedVariance} over the samples at which both traces lie below the limit, the variance
   * taken over the same. Missed and false spikes are left out of it. NaN if fewer than two samples remain.
   */
  public static double explainedVarianceBelow(double[] truth, double[] predicted, double limit) {
    requireSameLength(truth, predicted);
    double[] t = new double[truth.length];
    double[] p = new double[truth.length];
    int n = 0;
    for (int i = 0; i < truth.length; i++) {
      if (truth[i] < limit && predicted[i] < limit) {
        t[n] = truth[i];
        p[n++] = predicted[i];
      }
    }
    return n < 2 ? Double.NaN : explainedVariance(Arrays.copyOf(t, n), Arrays.copyOf(p, n));
  }

  /** Pearson's correlation; NaN if one of the traces is constant. */
  public static double correlation(double[] truth, double[] predicted) {
    requireSameLength(truth, predicted);
    double mt = Statistics.mean(truth);
    double mp = Statistics.mean(predicted);
    double tt = 0;
    double pp = 0;
    double tp = 0;
    for (int i = 0; i < truth.length; i++) {
      tt += square(truth[i] - mt);
      pp += square(predicted[i] - mp);
      tp += (truth[i] - mt) * (predicted[i] - mp);
    }
    return tt == 0 || pp == 0 ? Double.NaN : tp / Math.sqrt(tt * pp);
  }

  /** As {@link #correlation}, of both traces cut off above the ceiling. */
  public static double correlationClipped(double[] truth, double[] predicted, double ceiling) {
    return correlation(clipped(truth, ceiling), clipped(predicted, ceiling));
  }

  /** Mean of |predicted − truth|, in the unit of the traces. */
  public static double meanAbsoluteError(double[] truth, double[] predicted) {
    requireSameLength(truth, predicted);
    double sum = 0;
    for (int i = 0; i < truth.length; i++) {
      sum += Math.abs(predicted[i] - truth[i]);
    }
    return sum / truth.length;
  }

  /**
   * Area under the receiver operating characteristic: how probable it is that a sample with a spike has a higher score than one without;
   * of equal scores, half. 0.5: no better than guessing. NaN if all samples are of one kind.
   *
   * @param score of each sample, in any monotone unit
   * @param spike whether the sample holds a spike
   */
  public static double areaUnderCurve(double[] score, boolean[] spike) {
    if (score.length != spike.length) {
      throw new IllegalArgumentException(score.length + " scores of " + spike.length + " samples");
    }
    // Mann and Whitney: the sum of the ranks of the spikes, equal scores sharing the mean of their ranks.
    var order = new Integer[score.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(score[a], score[b]));
    double ranks = 0;
    long spikes = 0;
    for (int from = 0, to; from < order.length; from = to) {
      to = from;
      int here = 0;
      while (to < order.length && Double.compare(score[order[to]], score[order[from]]) == 0) {
        here += spike[order[to++]] ? 1 : 0;
      }
      ranks += here * (from + 1 + to) / 2.0;
      spikes += here;
    }
    double pairs = (double) spikes * (score.length - spikes);
    return pairs == 0 ? Double.NaN : (ranks - spikes * (spikes + 1) / 2.0) / pairs;
  }

  private static double[] clipped(double[] v, double ceiling) {
    double[] c = new double[v.length];
    Arrays.setAll(c, i -> Math.min(v[i], ceiling));
    return c;
  }

  private static double square(double x) {
    return x * x;
  }

  private static void requireSameLength(double[] truth, double[] predicted) {
    if (truth.length != predicted.length || truth.length == 0) {
      throw new IllegalArgumentException(predicted.length + " predicted samples of " + truth.length);
    }
  }
}
