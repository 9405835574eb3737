package io.galvani.trace;

import java.util.Arrays;

/** Spikes read off voltage traces, and how two trains of them compare. */
public final class SpikeTrains {
  private SpikeTrains() {}

  /**
   * Times in ms at which a voltage trace crosses the threshold from below, interpolated between the two samples.
   *
   * @param v mV; sample 0 is t = 0
   * @param dt ms between samples
   * @param threshold mV
   */
  public static double[] crossings(double[] v, double dt, double threshold) {
    double[] t = new double[8];
    int n = 0;
    for (int k = 1; k < v.length; k++) {
      if (v[k - 1] < threshold && v[k] >= threshold) {
        t = n == t.length ? Arrays.copyOf(t, 2 * n) : t;
        t[n++] = dt * (k - 1 + (threshold - v[k - 1]) / (v[k] - v[k - 1]));
      }
    }
    return Arrays.copyOf(t, n);
  }

  /**
   * A train that has nothing to do with the original but its statistics: each spike later by so much, and from the end back to the start.
   * What it hits of the original is chance.
   *
   * @param spikes ms from 0 to {@code duration}, ascending
   * @param by ms
   * @param duration ms
   */
  public static double[] shifted(double[] spikes, double by, double duration) {
    return Arrays.stream(spikes).map(t -> (t + by) % duration).sorted().toArray();
  }

  /** Compares two trains spike by spike, in their order. */
  public static Match match(double[] expected, double[] actual) {
    int worst = -1;
    double shift = 0;
    for (int i = 0; i < Math.min(expected.length, actual.length); i++) {
      double s = actual[i] - expected[i];
      if (Double.compare(Math.abs(s), Math.abs(shift)) > 0) {  // NaN is worse than any number
        shift = s;
        worst = i;
      }
    }
    return new Match(expected.length, actual.length, shift, worst);
  }

  /**
   * How two trains compare.
   *
   * @param expected and {@code actual}: number of spikes
   * @param shift ms, largest by size of actual − expected over the spikes that both have
   * @param worst which spike that was; −1 if none is shifted
   */
  public record Match(int expected, int actual, double shift, int worst) {
    /** Whether both trains have as many spikes and none is shifted by more than {@code ms}. */
    public boolean within(double ms) {
      return expected == actual && Math.abs(shift) <= ms;
    }
  }
}
