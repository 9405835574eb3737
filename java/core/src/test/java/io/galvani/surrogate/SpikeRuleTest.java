package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.galvani.surrogate.SpikeRule.Kind;
import org.junit.jupiter.api.Test;

class SpikeRuleTest {
  private static final double[] V = {-70, -20, 10, -30, 5, 5, -60, 20};

  @Test
  void eachKindFindsItsSpikes() {
    assertArrayEquals(new double[] {2, 4}, spikes(Kind.PEAK, 0));
    assertArrayEquals(new double[] {2}, spikes(Kind.PEAK, 2)); // 4 is 2 ms after 2, and not more
    assertArrayEquals(new double[] {2, 4, 5, 7}, spikes(Kind.ABOVE, 0));
    assertArrayEquals(new double[] {1 + 20 / 30.0, 3 + 30 / 35.0, 6 + 60 / 80.0}, spikes(Kind.CROSSING, 0), 1e-12);
    assertArrayEquals(new double[0], new SpikeRule(0, Kind.PEAK, 0, 0).spikes(new double[0], 1));
  }

  private static double[] spikes(Kind kind, double refractory) {
    return new SpikeRule(0, kind, 0, refractory).spikes(V, 1);
  }
}
