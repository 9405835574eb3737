package io.galvani.training.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.training.ClosedLoop;
import io.galvani.training.Learner;
import io.galvani.training.Protocol;
import io.galvani.training.TestProtocol;
import io.galvani.training.Traces;
import io.galvani.training.Training;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks that carry their state, by libtorch: what runs is what is trained. */
class StatefulLearnerTest {
  @TempDir static Path dir;
  private static final Protocol PROTOCOL = TestProtocol.get();
  private static List<Traces> data;

  @BeforeAll
  static void make() throws IOException {
    data = TestProtocol.training(dir.resolve("data"));
    Libtorch.load();
  }

  private static Learner learner(int threads, Optional<String> from, int top) {
    return Stateful.LSTM.begin(PROTOCOL, data,
        new Training.Options(Stateful.LSTM, dir.resolve("s.safetensors"), 9, 1, threads, false, from, top,
            Training.Schedule.DEFAULT, CpuDevice.get(), "test"));
  }

  private static Surrogate surrogate(Learner learner) {
    return learner.surrogate(Optional.empty(), Provenance.UNKNOWN);
  }

  /** Two whole runs in closed loop: the engine, sample by sample, and libtorch, in three chunks that hand the state on. */
  @Test
  void theEngineComputesWhatIsTrained() {
    var learner = learner(1, Optional.empty(), 0);
    for (int u = 0; u < 20; u++) {
      learner.update(0);
    }
    var s = surrogate(learner);
    var block = data.getFirst();
    double[][][] engine = ClosedLoop.run(s, block, PROTOCOL.sites(PROTOCOL.compile()), CpuDevice.get(), SurrogateOptions.DEFAULT);
    var torch = new TorchNetwork(s.network());
    int units = s.network().layers().stream().filter(Layer.LSTM.class::isInstance).mapToInt(l -> ((Layer.LSTM) l).units()).sum();
    List<float[][]> state = List.<float[][]>of(new float[2][2 * units]);
    int rows = 200;
    int before = Stateful.TAPS - 1;
    double moved = 0;
    for (int from = 0; from < block.rows(); from += rows) {
      float[] seen = new float[2 * (before + rows) * 2];
      for (int cell = 0; cell < 2; cell++) {
        byte[][] events = block.events()[cell].dense();
        for (int r = Math.max(0, from - before); r < from + rows; r++) {
          for (int c = 0; c < 2; c++) {
            seen[(cell * (before + rows) + before + r - from) * 2 + c] = events[c][r];
          }
        }
      }
      float[] said;
      try (var _ = new PointerScope()) {
        said = TorchNetwork.values(torch.goOn(Tensor.create(seen, 2, before + rows, 2), state).detach());
      }
      for (int r = 0; r < rows; r++) {
        for (int cell = 0; cell < 2; cell++) {
          for (int o = 0; o < s.outputs().size(); o++) {
            var n = s.outputs().get(o).normalisation();
            double expected = said[(r * 2 + cell) * s.outputs().size() + o];
            assertEquals(expected, n.normalise(engine[cell][o][from + r]), 1e-4, "row " + (from + r) + ", output " + o);
            moved = Math.max(moved, Math.abs(expected - said[cell * s.outputs().size() + o]));
          }
        }
      }
    }
    assertTrue(moved > 0.1, "it says different things: " + moved);
  }

  @Test
  void trainingLearnsAndThreadsChangeNothing() {
    var one = learner(1, Optional.empty(), 0);
    var two = learner(2, Optional.empty(), 0);
    double first = one.update(0);
    assertEquals(first, two.update(0));
    double last = 0;
    for (int u = 0; u < 60; u++) {
      last = one.update(0);
      assertEquals(last, two.update(0));
    }
    assertTrue(last < 0.8 * first, first + " to " + last);
  }

  @Test
  void goesOnFromASurrogateWithItsHeadAlone() throws IOException {
    var old = surrogate(learner(1, Optional.empty(), 0));
    Path file = dir.resolve("old.safetensors");
    SurrogateFile.write(file, old);
    var learner = learner(1, Optional.of(file.toString()), 1);
    learner.update(0);
    var fresh = surrogate(learner);
    int layers = fresh.network().layers().size();
    for (int l = 0; l < layers; l++) {
      var before = List.copyOf(old.network().layers().get(l).weights().values());
      var after = List.copyOf(fresh.network().layers().get(l).weights().values());
      for (int w = 0; w < before.size(); w++) {
        assertEquals(l < layers - 1, before.get(w).equals(after.get(w)), "layer " + l);
      }
    }
    assertArrayEquals(old.outputs().toArray(), fresh.outputs().toArray());
    String message = assertThrows(InputException.class, () -> learner(1, Optional.of("ball-streaming"), 0)).getMessage();
    assertTrue(message.contains("ball-streaming") && message.contains("is no lstm of 2 channels"), message);
  }
}
