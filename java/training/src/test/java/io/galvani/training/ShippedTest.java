package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Surrogates;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.training.Judgement.Fit;
import io.galvani.training.Protocol.Use;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The surrogates that come with Galvani, on test runs. */
class ShippedTest {
  private static Map<String, Score> scores(String name, Judgement judgement) {
    return scores(judgement, judgement.runs(Surrogates.load(name), name, SurrogateOptions.DEFAULT));
  }

  private static Map<String, Score> scores(Judgement judgement, List<Run> runs) {
    return judgement.scores(runs).stream().collect(Collectors.toMap(Score::key, Function.identity()));
  }

  /** Half of the runs, as the equations take their time; what so few may differ by from all of them. */
  @Test
  void l5pcSurrogatesAreAsGoodAsTheySay() {
    var p = Protocol.load("l5pc");
    var judgement = new Judgement(p, Use.TEST, CpuDevice.get(), 100, 2, ms -> { });
    var outcome = judgement.judge(Surrogates.load("l5pc-streaming"), "l5pc-streaming", SurrogateOptions.DEFAULT);
    var streaming = scores(judgement, outcome.runs());
    assertTrue(streaming.get("explained_variance_clipped").pooled() >= 0.97);
    assertTrue(streaming.get("correlation_clipped").pooled() >= 0.98);
    assertTrue(streaming.get("precision_5ms").pooled() >= 0.84);
    assertTrue(streaming.get("recall_5ms").pooled() >= 0.87);
    assertTrue(streaming.get("auc").pooled() >= 0.988);
    var large = scores("l5pc-streaming-large", judgement);
    assertTrue(large.get("explained_variance_clipped").pooled() >= 0.97);
    assertTrue(large.get("precision_5ms").pooled() >= 0.85);
    assertTrue(large.get("recall_5ms").pooled() >= 0.85);
    assertTrue(large.get("auc").pooled() >= 0.988);
    var window = scores("l5pc-cnn-lstm", judgement);
    assertTrue(window.get("explained_variance_clipped").pooled() >= 0.88);
    assertTrue(window.get("precision_5ms").pooled() >= 0.64);
    assertTrue(window.get("recall_5ms").pooled() >= 0.66);
    assertEquals(List.of("v_trunk", "v_nexus", "v_tuft_1", "v_tuft_2"), outcome.others().stream().map(Fit::name).toList());
    outcome.others().forEach(f -> assertTrue(f.correlation() > 0.9, f.toString()));
  }

  @Test
  void ballStreamingIsAsGoodAsItSays() {
    var p = Protocol.load("ball");
    var judgement = new Judgement(p, Use.TEST, CpuDevice.get(), p.runs().get(Use.TEST).traces(), 1, ms -> { });
    var outcome = judgement.judge(Surrogates.load("ball-streaming"), "ball-streaming", SurrogateOptions.DEFAULT);
    var scores = scores(judgement, outcome.runs());
    assertTrue(scores.get("explained_variance").pooled() >= 0.97);
    assertTrue(scores.get("explained_variance").mean() >= 0.97);
    assertTrue(scores.get("precision_5ms").pooled() >= 0.98);
    assertTrue(scores.get("recall_5ms").pooled() >= 0.98);
    assertTrue(scores.get("exact_bin").pooled() >= 0.94);
    assertEquals(List.of("ik", "ina"), outcome.others().stream().map(Fit::name).toList());
    outcome.others().forEach(f -> assertTrue(f.explained() >= 0.97, f.toString()));
    // Another instruction set may round a spike or two into another sample.
    Surrogates.load("ball-streaming").provenance().scores()
        .forEach((key, value) -> assertEquals(value, scores.get(key).pooled(), 0.005, key));
  }

  /** Of a quarter of the test runs, as it takes its time: the targets, and within what so few may differ by from all of them. */
  @Test
  void ballCnnLstmIsAsGoodAsItSays() {
    var scores = scores("ball-cnn-lstm", new Judgement(Protocol.load("ball"), Use.TEST, CpuDevice.get(), 50, 1, ms -> { }));
    assertTrue(scores.get("explained_variance").pooled() >= 0.9);
    assertTrue(scores.get("explained_variance").mean() >= 0.9);
    assertTrue(scores.get("precision_5ms").pooled() >= 0.95);
    assertTrue(scores.get("recall_5ms").pooled() >= 0.95);
    Surrogates.load("ball-cnn-lstm").provenance().scores().forEach((key, value) -> {
      if (key.startsWith("explained_variance") || key.endsWith("_5ms")) {
        assertEquals(value, scores.get(key).pooled(), 0.03, key);
      }
    });
  }
}
