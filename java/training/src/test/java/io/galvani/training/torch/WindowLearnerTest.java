package io.galvani.training.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.SurrogatePopulation;
import io.galvani.training.ClosedLoop;
import io.galvani.training.EventCounts;
import io.galvani.training.Learner;
import io.galvani.training.Protocol;
import io.galvani.training.TestProtocol;
import io.galvani.training.Traces;
import io.galvani.training.Training;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Networks over a window: what runs is what is trained, and training does what it says. */
class WindowLearnerTest {
  @TempDir static Path dir;
  private static final Protocol PROTOCOL = TestProtocol.get();
  private static List<Traces> data;

  @BeforeAll
  static void make() throws IOException {
    data = TestProtocol.training(dir.resolve("data"));
    Libtorch.load();
  }

  private static Learner learner(Architecture kind, int threads, Optional<String> from, int top) {
    return kind.begin(PROTOCOL, data,
        new Training.Options(kind, dir.resolve("s.safetensors"), 9, 1, threads, false, from, top,
            Training.Schedule.DEFAULT, CpuDevice.get(), "test"));
  }

  private static Surrogate surrogate(Learner learner) {
    return learner.surrogate(Optional.empty(), Provenance.UNKNOWN);
  }

  /** 100 ms in closed loop: the engine, which computes what it can only once, and libtorch, a window at a time. */
  @ParameterizedTest
  @EnumSource
  void theEngineComputesWhatIsTrained(Architecture kind) {
    var s = surrogate(learner(kind, 1, Optional.empty(), 0));
    int steps = 100;
    var some = new Traces(new EventCounts[] {data.getFirst().events()[0], data.getFirst().events()[1]},
        new float[2][0][], new byte[2][steps]);
    double[][][] engine = ClosedLoop.run(s, some, PROTOCOL.sites(PROTOCOL.compile()), CpuDevice.get(), SurrogateOptions.DEFAULT);
    var torch = new TorchNetwork(s.network());
    int channels = s.channels().size();
    int outputs = s.outputs().size();
    double moved = 0;
    for (int cell = 0; cell < 2; cell++) {
      double[] rest = SurrogatePopulation.rest(s);
      float[] window = new float[rest.length];
      for (int i = 0; i < rest.length; i++) {
        window[i] = (float) rest[i];
      }
      for (int t = 0; t < steps; t++) {
        for (int c = outputs; c < channels; c++) {
          window[window.length - channels + c] = some.events()[cell].dense(t, 1)[c - outputs][0];
        }
        float[] y = predicted(torch, window, s.network().window());
        System.arraycopy(window, channels, window, 0, window.length - channels);
        for (int o = 0; o < outputs; o++) {
          assertEquals(y[o], s.outputs().get(o).normalisation().normalise(engine[cell][o][t]), 2e-4, "step " + t);
          window[window.length - channels + o] = y[o];
          moved = Math.max(moved, Math.abs(engine[cell][0][t] - engine[cell][0][0]));
        }
      }
    }
    assertTrue(moved > 0.1, "the voltage moves by " + moved);
  }

  // Of the windows of one chunk, [window][output].
  private static float[] predicted(TorchNetwork torch, float[] chunk, int rows) {
    try (var _ = new PointerScope()) {
      return TorchNetwork.values(torch.predict(Tensor.create(chunk, 1, rows, chunk.length / rows)));
    }
  }

  /** Columns that windows share are computed once, and those at their left edges are not shared. */
  @ParameterizedTest
  @EnumSource
  void windowsOfAChunkAreEachAsIfAlone(Architecture kind) {
    var s = surrogate(learner(kind, 1, Optional.empty(), 0));
    var torch = new TorchNetwork(s.network());
    int channels = s.channels().size();
    int outputs = s.outputs().size();
    float[] chunk = new float[(64 + 5) * channels];
    for (int i = 0; i < chunk.length; i++) {
      chunk[i] = (float) Math.sin(i * i);
    }
    float[] together = predicted(torch, chunk, 69);
    assertEquals(6 * outputs, together.length);
    for (int w = 0; w < 6; w++) {
      float[] alone = predicted(torch, Arrays.copyOfRange(chunk, w * channels, (w + 64) * channels), 64);
      assertArrayEquals(alone, Arrays.copyOfRange(together, w * outputs, (w + 1) * outputs), 2e-5f);
    }
  }

  @Test
  void learns() throws IOException {
    var learner = learner(Architecture.CNN_LSTM, 2, Optional.empty(), 0);
    double first = 0;
    double last = 0;
    for (int i = 0; i < 40; i++) {
      double loss = learner.update(0);
      first += i < 5 ? loss / 5 : 0;
      last += i >= 35 ? loss / 5 : 0;
    }
    assertTrue(last < 0.7 * first, "from " + first + " to " + last);
    assertEquals(40, learner.weights().updates());
    // Its weights are stored in half the bytes, and are the same afterwards.
    Path file = dir.resolve("s.safetensors");
    SurrogateFile.write(file, surrogate(learner));
    assertEquals(surrogate(learner), SurrogateFile.read(file));
    assertTrue(file.toFile().length() < 2.1 * surrogate(learner).network().parameters());
  }

  /** What a killed training leaves is all that another needs. */
  @Test
  void goesOnFromWhatWasWritten() throws IOException {
    var killed = learner(Architecture.NONLINEAR, 1, Optional.empty(), 0);
    killed.update(0);
    killed.weights().keep();
    killed.update(0);
    var bytes = new ByteArrayOutputStream();
    killed.weights().write(new DataOutputStream(bytes));
    var next = learner(Architecture.NONLINEAR, 1, Optional.empty(), 0);
    next.weights().read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
    assertEquals(surrogate(killed), surrogate(next));
    assertEquals(2, next.weights().updates());
    next.update(0);
    assertNotEquals(surrogate(killed), surrogate(next));
    next.weights().goBack();
    killed.weights().goBack();
    assertEquals(surrogate(killed), surrogate(next));
  }

  @Test
  void threadsChangeNothing() {
    var one = learner(Architecture.CNN_LSTM, 1, Optional.empty(), 0);
    var two = learner(Architecture.CNN_LSTM, 2, Optional.empty(), 0);
    for (int i = 0; i < 3; i++) {
      assertEquals(one.update(0), two.update(0));
    }
    assertEquals(surrogate(one), surrogate(two));
  }

  @Test
  void layersBelowTheTopAreLeftAsTheyAre() throws IOException {
    Path file = dir.resolve("from.safetensors");
    var old = surrogate(learner(Architecture.CNN_LSTM, 1, Optional.empty(), 0));
    SurrogateFile.write(file, new Surrogate("old", old.about(), old.sample(), old.network(), old.channels(), old.outputs(), old.slots(),
        Optional.empty(), Provenance.UNKNOWN));
    var learner = learner(Architecture.CNN_LSTM, 1, Optional.of(file.toString()), 6);
    assertEquals("ball", surrogate(learner).name());
    learner.update(0);
    learner.update(0);
    var before = SurrogateFile.read(file).network().layers();
    var after = surrogate(learner).network().layers();
    for (int i = 0; i < before.size(); i++) {
      boolean dense = before.get(i) instanceof Layer.TimeDistributed;
      assertEquals(!dense, before.get(i).equals(after.get(i)), before.get(i).name());
    }
    assertTrue(assertThrows(InputException.class, () -> learner(Architecture.LINEAR, 1, Optional.of(file.toString()), 0)).getMessage()
        .contains("is no linear of the channels [v, ina, exc, inh]"));
    assertFalse(surrogate(learner).spikes().isPresent());
  }
}
