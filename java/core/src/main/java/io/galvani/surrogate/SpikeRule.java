package io.galvani.surrogate;

import io.galvani.Spikes;
import java.util.Arrays;
import java.util.List;

/**
 * When a surrogate spikes.
 *
 * @param output index of the output that is watched
 * @param kind which of its samples are spikes
 * @param threshold in the unit of the output
 * @param refractory ms after a spike without another; 0 or more
 */
public record SpikeRule(int output, Kind kind, double threshold, double refractory) {
  /** Which samples are spikes; v[n] is the sample, in the unit of the output. */
  public enum Kind {
    /** v[n − 1] &lt; threshold ≤ v[n] */
    CROSSING,
    /** v[n] &gt; threshold */
    ABOVE,
    /** v[n] &gt; threshold and v[n] &lt; v[n − 1] */
    FALLING,
    /** v[n] &gt; threshold and v[n − 1] &lt; v[n] ≥ v[n + 1]: known one sample later */
    PEAK;

    static final List<String> NAMES = Arrays.stream(values()).map(Kind::toString).toList();

    @Override
    public String toString() {
      return name().toLowerCase();
    }
  }

  public SpikeRule {
    if (!Double.isFinite(threshold)) {
      throw new IllegalArgumentException("threshold = " + threshold + " is not a finite number");
    }
    if (!(refractory >= 0 && refractory < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("refractory = " + refractory + " ms is not 0 or more");
    }
  }

  /**
   * The spikes of one trace.
   *
   * @param v samples in the unit of the output; v[n] is at n · sample
   * @param sample ms
   * @return ms, ascending
   */
  public double[] spikes(double[] v, double sample) {
    var detector = new SpikeDetector(this, 1, sample);
    var found = new Spikes();
    for (int n = 0; n < v.length; n++) {
      double now = v[n];
      if (n == 0) {
        detector.begin(cell -> now);
      } else {
        detector.detect(n, cell -> now, found);
      }
    }
    return found.crossings(0, 0);
  }
}
