package io.galvani.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void meanAndDeviation() {
    double[] x = {1, 2, 3, 6};
    assertEquals(3, Statistics.mean(x));
    assertEquals(Math.sqrt(14 / 3.0), Statistics.standardDeviation(x), 1e-15);
    assertEquals(0, Statistics.standardDeviation(new double[] {4}));
    assertArrayEquals(new double[] {1, 2}, Statistics.numbers(new double[] {1, Double.NaN, 2}));
    assertEquals(1.5, Statistics.quantile(new double[] {0, 1, 2, 4}, 0.5));
  }

  @Test
  void theIntervalOfAMeanIsThatOfTheory() {
    double[] x = new double[400];
    Arrays.setAll(x, i -> i % 2);
    var interval = Statistics.bootstrap(x.length, drawn -> Arrays.stream(drawn).mapToDouble(i -> x[i]).average().orElseThrow(), 0.95,
        2000, 1);
    // Mean 0.5, standard error 0.025; 1.96 of them to each side.
    assertEquals(0.5 - 1.96 * 0.025, interval.low(), 0.005);
    assertEquals(0.5 + 1.96 * 0.025, interval.high(), 0.005);
  }

  @Test
  void theSeedDecides() {
    double[] x = {1, 5, 2, 8, 3};
    var one = Statistics.bootstrap(5, drawn -> x[drawn[0]] + x[drawn[1]], 0.9, 50, 1);
    assertEquals(one, Statistics.bootstrap(5, drawn -> x[drawn[0]] + x[drawn[1]], 0.9, 50, 1));
    assertNotEquals(one, Statistics.bootstrap(5, drawn -> x[drawn[0]] + x[drawn[1]], 0.9, 50, 2));
    assertTrue(Double.isNaN(Statistics.bootstrap(1, drawn -> Double.NaN, 0.9, 5, 1).low()));
  }
}
