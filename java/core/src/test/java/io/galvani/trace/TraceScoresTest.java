package io.galvani.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TraceScoresTest {
  // Mean −55; squares about it 100, 0, 100, 0: 200.
  private static final double[] TRUTH = {-65, -55, -45, -55};

  @Test
  void explainedVarianceIsOneMinusErrorOverVariance() {
    assertEquals(1, TraceScores.explainedVariance(TRUTH, TRUTH));
    assertEquals(0, TraceScores.explainedVariance(TRUTH, new double[] {-55, -55, -55, -55}));
    assertEquals(1 - (4 + 0 + 36 + 0) / 200.0, TraceScores.explainedVariance(TRUTH, new double[] {-63, -55, -51, -55}), 1e-15);
    assertEquals(1 - 4 * 400 / 200.0, TraceScores.explainedVariance(TRUTH, new double[] {-45, -35, -25, -35}), 1e-15);
    assertEquals(Double.NaN, TraceScores.explainedVariance(new double[] {1, 1}, new double[] {1, 2}));
    assertThrows(IllegalArgumentException.class, () -> TraceScores.explainedVariance(TRUTH, new double[3]));
  }

  @Test
  void clippingCutsBothTraces() {
    // Truth −65, −55, −50, −55: mean −56.25, squares 76.5625 + 1.5625 + 39.0625 + 1.5625 = 118.75; the error of the spike is 0.
    assertEquals(1, TraceScores.explainedVarianceClipped(TRUTH, new double[] {-65, -55, 30, -55}, -50), 1e-15);
    assertEquals(1 - 25 / 118.75, TraceScores.explainedVarianceClipped(TRUTH, new double[] {-65, -50, -50, -55}, -50), 1e-12);
  }

  @Test
  void thePapersScoreLeavesOutWhatIsAboveInEitherTrace() {
    // Left: −65, −55 against −64, −55; mean −60, squares 50, error 1.
    assertEquals(1 - 1 / 50.0, TraceScores.explainedVarianceBelow(TRUTH, new double[] {-64, -55, -60, 20}, -52.6), 1e-15);
    assertEquals(Double.NaN, TraceScores.explainedVarianceBelow(TRUTH, new double[] {-64, 0, 0, 0}, -52.6));
  }

  @Test
  void correlationKnowsNoScale() {
    assertEquals(1, TraceScores.correlation(TRUTH, new double[] {0, 1, 2, 1}), 1e-15);
    assertEquals(-1, TraceScores.correlation(TRUTH, new double[] {2, 1, 0, 1}), 1e-15);
    assertEquals(0, TraceScores.correlation(TRUTH, new double[] {0, 1, 0, -1}), 1e-15);
    assertEquals(0.5, TraceScores.correlation(new double[] {1, 0, -1}, new double[] {1, -1, 0}), 1e-15);
    assertEquals(1.5, TraceScores.meanAbsoluteError(TRUTH, new double[] {-64, -57, -42, -55}), 1e-15);
  }

  @Test
  void areaUnderCurveCountsPairs() {
    boolean[] spike = {false, true, false, true};
    assertEquals(1, TraceScores.areaUnderCurve(new double[] {0.1, 0.8, 0.2, 0.9}, spike));
    assertEquals(0, TraceScores.areaUnderCurve(new double[] {0.9, 0.1, 0.8, 0.2}, spike));
    assertEquals(0.5, TraceScores.areaUnderCurve(new double[] {3, 3, 3, 3}, spike));
    // Pairs (spike, none): 2 > 1, 2 = 2, 5 > 1, 5 > 2: 3.5 of 4.
    assertEquals(3.5 / 4, TraceScores.areaUnderCurve(new double[] {1, 2, 2, 5}, spike));
    assertTrue(Double.isNaN(TraceScores.areaUnderCurve(new double[] {1, 2}, new boolean[2])));
    assertTrue(Double.isFinite(TraceScores.areaUnderCurve(new double[] {Double.NaN, 1, Double.NaN, 2}, spike)));
  }
}
