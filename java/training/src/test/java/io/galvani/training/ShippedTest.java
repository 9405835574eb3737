package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Surrogates;
import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.training.Protocol.Use;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The surrogate of the point cell that comes with Galvani, on all test runs. */
class ShippedTest {
  @Test
  void ballStreamingIsAsGoodAsItSays() {
    var p = Protocol.load("ball");
    var s = Surrogates.load("ball-streaming");
    var judgement = new Judgement(p, Use.TEST, CpuDevice.get(), p.runs().get(Use.TEST).traces(), 1, ms -> { });
    var scores = judgement.scores(judgement.runs(s, "ball-streaming", SurrogateOptions.DEFAULT)).stream()
        .collect(Collectors.toMap(Score::key, Function.identity()));
    assertTrue(scores.get("explained_variance").pooled() >= 0.97);
    assertTrue(scores.get("explained_variance").mean() >= 0.97);
    assertTrue(scores.get("precision_5ms").pooled() >= 0.98);
    assertTrue(scores.get("recall_5ms").pooled() >= 0.98);
    assertTrue(scores.get("exact_bin").pooled() >= 0.94);
    // Another instruction set may round a spike or two into another sample.
    s.provenance().scores().forEach((key, value) -> assertEquals(value, scores.get(key).pooled(), 0.005, key));
  }
}
