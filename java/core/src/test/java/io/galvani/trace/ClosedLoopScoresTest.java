package io.galvani.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.ClosedLoopScores.Score;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ClosedLoopScoresTest {
  private static final double[] NONE = {};

  private static Map<String, Score> scores(Run... runs) {
    return ClosedLoopScores.of(List.of(runs), 1, 1).stream().collect(Collectors.toMap(Score::key, Function.identity()));
  }

  private static double[] spiking(double... at) {
    double[] v = new double[500];
    for (int i = 0; i < v.length; i++) {
      v[i] = -70 + i % 10;
    }
    for (double t : at) {
      v[(int) t] = 30;
    }
    return v;
  }

  @Test
  void whatIsTheSameScoresOne() {
    double[] spikes = {40, 300};
    double[] v = spiking(spikes);
    var s = scores(new Run(v, v, spikes, spikes, v));
    for (String key : List.of("explained_variance", "explained_variance_clipped", "explained_variance_paper", "correlation",
        "precision_1ms", "recall_5ms", "f1_10ms", "exact_bin", "precision_paper", "recall_paper", "auc")) {
      assertEquals(1, s.get(key).pooled(), 1e-12, key);
      assertEquals(1, s.get(key).mean(), 1e-12, key);
    }
    assertEquals(0, s.get("mean_absolute_error").pooled());
    assertEquals(0, s.get("rate_error").pooled());
    assertEquals(0, s.get("shift_sd").pooled());
    // 40 becomes 290, which is 10 ms from 300; 300 becomes 50.
    assertEquals(0, s.get("recall_chance").pooled());
  }

  @Test
  void runsArePooledAndAveraged() {
    double[] one = {40, 300};
    double[] two = {100};
    var s = scores(new Run(spiking(one), spiking(41, 308), one, new double[] {41, 308}, NONE),
        new Run(spiking(two), spiking(two), two, new double[] {100}, NONE));
    assertEquals(1 / 3.0, s.get("exact_bin").pooled(), 1e-12);
    assertEquals(0.5, s.get("exact_bin").mean(), 1e-12);
    assertEquals(Math.sqrt(0.5), s.get("exact_bin").sd(), 1e-12);
    assertEquals(2 / 3.0, s.get("recall_1ms").pooled(), 1e-12);
    assertEquals(2 / 3.0, s.get("precision_5ms").pooled(), 1e-12);
    assertEquals(1, s.get("f1_10ms").pooled(), 1e-12);
    assertEquals(0.5, s.get("shift_mean").pooled(), 1e-12);
    assertTrue(s.get("explained_variance").pooled() < 0.9);
    assertTrue(s.get("recall_5ms").interval().low() >= 0.5 && s.get("recall_5ms").interval().high() == 1);
    assertFalse(s.containsKey("auc"));
  }

  /** A predictor that cuts spikes off in a voltage of its own is judged by it where spikes are cut off, and nowhere else. */
  @Test
  void aVoltageBelowSpikesHasScoresOfItsOwn() {
    double[] at = {40};
    double[] below = Arrays.stream(spiking(at)).map(v -> Math.min(v, TraceScores.SUBTHRESHOLD)).toArray();
    var s = scores(new Run(spiking(at), spiking(), below, at, at, NONE));
    assertEquals(1, s.get("explained_variance_clipped").pooled(), 1e-12);
    assertEquals(1, s.get("correlation_clipped").pooled(), 1e-12);
    assertTrue(s.get("explained_variance").pooled() < 0.9);
    assertTrue(s.get("correlation").pooled() < 0.99);
    assertEquals(0.2, s.get("mean_absolute_error").pooled(), 0.01);
  }

  @Test
  void aPartOfARunBeginsAnew() {
    double[] at = {40, 300, 310};
    var part = new Run(spiking(at), spiking(at), at, new double[] {41, 320}, spiking(at)).part(100, 310, 1);
    assertEquals(210, part.truth().length);
    assertEquals(30, part.below()[200]);
    assertArrayEquals(new double[] {200}, part.trueSpikes());
    assertArrayEquals(NONE, part.predictedSpikes());
    assertEquals(210, part.spikeScore().length);
  }

  @Test
  void aRunWithoutSpikesHasNoPrecisionOfItsOwn() {
    var s = scores(new Run(spiking(), spiking(), NONE, NONE, NONE), new Run(spiking(7), spiking(), new double[] {7}, NONE, NONE));
    assertEquals(0, s.get("recall_5ms").mean());
    assertTrue(Double.isNaN(s.get("precision_5ms").pooled()));
    assertEquals(1, s.get("rate_error").pooled(), 1e-12); // one spike too few in one of two runs of 0.5 s: 2 Hz and 0
  }
}
