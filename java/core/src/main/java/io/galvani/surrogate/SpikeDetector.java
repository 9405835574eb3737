package io.galvani.surrogate;

import io.galvani.Spikes;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/** Applies a {@link SpikeRule} to the samples of many cells, one after the other. */
final class SpikeDetector {
  private final SpikeRule rule;
  private final int cells;
  private final double sample;
  // [cell] each: the last value, the one before, ms of the last spike
  private final double[] state;

  SpikeDetector(SpikeRule rule, int cells, double sample) {
    this.rule = rule;
    this.cells = cells;
    this.sample = sample;
    state = new double[Math.multiplyExact(3, cells)];
  }

  /** Nothing has been seen but the values at t = 0. */
  void begin(IntToDoubleFunction values) {
    for (int c = 0; c < cells; c++) {
      state[c] = values.applyAsDouble(c);
    }
    Arrays.fill(state, cells, 2 * cells, Double.NaN);
    Arrays.fill(state, 2 * cells, 3 * cells, Double.NEGATIVE_INFINITY);
  }

  /** Looks at the values of sample n; adds spikes, by cell. */
  void detect(long n, IntToDoubleFunction values, Spikes to) {
    for (int c = 0; c < cells; c++) {
      double now = values.applyAsDouble(c);
      double last = state[c];
      double before = state[cells + c];
      double threshold = rule.threshold();
      switch (rule.kind()) {
        case CROSSING -> {
          if (last < threshold && now >= threshold) {
            add(c, n, (n - 1 + (threshold - last) / (now - last)) * sample, to);
          }
        }
        case ABOVE -> {
          if (now > threshold) {
            add(c, n, n * sample, to);
          }
        }
        case FALLING -> {
          if (now > threshold && now < last) {
            add(c, n, n * sample, to);
          }
        }
        case PEAK -> {
          if (last > threshold && before < last && last >= now) {
            add(c, n - 1, (n - 1) * sample, to);
          }
        }
      }
      state[c] = now;
      state[cells + c] = last;
    }
  }

  private void add(int cell, long n, double crossing, Spikes to) {
    double time = n * sample;
    if (time - state[2 * cells + cell] > rule.refractory() * (1 + 1e-9)) {
      state[2 * cells + cell] = time;
      to.add(cell, 0, time, crossing);
    }
  }

  double[] state() {
    return state.clone();
  }

  void restore(double[] saved) {
    System.arraycopy(saved, 0, state, 0, state.length);
  }
}
