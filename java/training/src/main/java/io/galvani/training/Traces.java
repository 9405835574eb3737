package io.galvani.training;

import java.util.Arrays;

/**
 * Runs of a cell, sampled. Row n holds the events in [n · sample, (n + 1) · sample) and the state at (n + 1) · sample, which they lead to.
 *
 * @param events number of events, of each trace [channel][row]
 * @param outputs recorded quantities in their units, [trace][output][row]; the first is the voltage, with the peaks of its spikes kept
 * @param spikes 1 where the state is the top of a spike, else 0; [trace][row]
 */
public record Traces(EventCounts[] events, float[][][] outputs, byte[][] spikes) {
  /** Number of traces. */
  public int count() {
    return spikes.length;
  }

  /** Rows of each trace. */
  public int rows() {
    return spikes[0].length;
  }

  /** Times in ms of the spikes of a trace from a row on, counted from the state of that row. */
  double[] spikeTimes(int trace, int from, double sample) {
    double[] t = new double[rows()];
    int n = 0;
    for (int r = from; r < rows(); r++) {
      if (spikes[trace][r] != 0) {
        t[n++] = (r - from) * sample;
      }
    }
    return Arrays.copyOf(t, n);
  }

  /** An output of a trace from a row on. */
  double[] output(int trace, int output, int from) {
    double[] v = new double[rows() - from];
    Arrays.setAll(v, r -> outputs[trace][output][from + r]);
    return v;
  }
}
