package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.cable.CableOptions;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.SpikeRule;
import io.galvani.training.Protocol.Use;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamingTrainerTest {
  private static final StreamingNetwork.Shape SHAPE = new StreamingNetwork.Shape(2, 16, 32, 32, 3, 1);
  private final Protocol protocol = TestProtocol.get();
  private final List<Traces> data = List.of(new DirectRuns(protocol, protocol.compile(), CpuDevice.get(),
      CableOptions.of(protocol.compile()))
      .run(Use.TRAINING, 0, 70, r -> { }));

  private StreamingNetwork trained(int updates, int groups, int threads, boolean orthogonal, double[] loss) {
    var network = StreamingNetwork.random(SHAPE, 1);
    var recipe = new StreamingRecipe(16, 32, 32, groups, 64, 128, 5e-3, 5, orthogonal);
    var trainer = new StreamingTrainer(network, new Adam(network), recipe, new Curriculum(data, 0),
        StreamingHeads.of(protocol, data), threads, 2);
    for (int i = 0; i < updates; i++) {
      loss[i] = trainer.update((double) i / updates);
    }
    return network;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void learnsTheVoltage(boolean orthogonal) {
    double[] loss = new double[250];
    trained(loss.length, 1, 1, orthogonal, loss);
    double early = Arrays.stream(loss, 0, 10).average().orElseThrow();
    double late = Arrays.stream(loss, 240, 250).average().orElseThrow();
    assertTrue(late < 0.6 * early, "from " + early + " to " + late);
  }

  @Test
  void threadsChangeNothing() {
    var one = trained(4, 2, 1, true, new double[4]);
    var two = trained(4, 2, 2, true, new double[4]);
    for (int p = 0; p < one.parameters().size(); p++) {
      for (int r = 0; r < one.parameters().get(p).length; r++) {
        assertArrayEquals(one.parameters().get(p)[r], two.parameters().get(p)[r]);
      }
    }
  }

  /** A network that is grown says what it said before, and then learns by what is new. */
  @Test
  void growingChangesNothingAtFirst() {
    var small = trained(20, 1, 1, true, new double[20]);
    var large = small.grown(new StreamingNetwork.Shape(2, 24, 48, 40, 3, 1), 3);
    float[][][] before = StreamingTrainer.run(small, data.getFirst());
    float[][][] after = StreamingTrainer.run(large, data.getFirst());
    for (int t = 0; t < before.length; t++) {
      for (int o = 0; o < 3; o++) {
        assertArrayEquals(before[t][o], after[t][o], 1e-5f);
      }
    }
    var recipe = new StreamingRecipe(24, 48, 40, 1, 64, 128, 5e-3, 5, true);
    new StreamingTrainer(large, new Adam(large), recipe, new Curriculum(data, 0), StreamingHeads.of(protocol, data), 1, 2).update(0);
    assertTrue(large.head[0][39] != 0 && large.kernel[23][0] != 0 && large.update[47][0] != 0, "what is new leads somewhere");
  }

  /** Of two outputs of which one is the truth and the other noise, and of thresholds of which one parts spikes from the rest. */
  @Test
  void theRuleThatFindsTheSpikesIsChosen() {
    var truth = data.getFirst();
    double[][][] predicted = new double[truth.count()][2][truth.rows()];
    for (int t = 0; t < truth.count(); t++) {
      for (int r = 0; r < truth.rows(); r++) {
        predicted[t][0][r] = -70 + 60 * Math.abs(Math.sin(r * r));
        predicted[t][1][r] = truth.spikes()[t][r] != 0 ? 1.75 : r % 3 == 0 ? 1.3 : -5;
      }
    }
    var rule = ClosedLoop.tune(truth, predicted, new Heads(0, 0, 1), 100, 1);
    assertEquals(new SpikeRule(1, SpikeRule.Kind.PEAK, 1.5, 2), rule);
  }
}
