package io.galvani.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SpikeTrainsTest {
  @Test
  void crossingsAreUpwardAndInterpolated() {
    double[] v = {-10, -5, 5, 20, -1, 0, 0, -3, -2};
    assertArrayEquals(new double[] {0.375, 1.25}, SpikeTrains.crossings(v, 0.25, 0), 1e-15);
    assertEquals(0, SpikeTrains.crossings(new double[] {5, 6, Double.NaN, 7}, 1, 0).length);
  }

  @Test
  void matchTellsCountAndWorstShift() {
    var m = SpikeTrains.match(new double[] {1, 2, 3}, new double[] {1.1, 1.7, 3});
    assertEquals(-0.3, m.shift(), 1e-12);
    assertEquals(1, m.worst());
    assertTrue(m.within(0.31));
    assertFalse(m.within(0.29));
    assertFalse(SpikeTrains.match(new double[] {1}, new double[] {1, 2}).within(1));
    assertFalse(SpikeTrains.match(new double[] {1, 2}, new double[] {Double.NaN, 2.5}).within(1));
    assertTrue(SpikeTrains.match(new double[0], new double[0]).within(0));
  }

  @Test
  void shiftingGoesRoundTheEnd() {
    assertArrayEquals(new double[] {49, 270, 350}, SpikeTrains.shifted(new double[] {20, 100, 299}, 250, 500), 1e-12);
  }
}
