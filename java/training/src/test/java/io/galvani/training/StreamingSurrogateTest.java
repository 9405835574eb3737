package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.cable.CableOptions;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.training.Protocol.Use;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamingSurrogateTest {
  @TempDir Path dir;
  private final Protocol protocol = TestProtocol.get();
  private final StreamingHeads heads = StreamingHeads.of(protocol, List.of(new DirectRuns(protocol, protocol.compile(), CpuDevice.get(),
      CableOptions.of(protocol.compile())).run(Use.TRAINING, 0, 4, r -> { })));
  private final StreamingNetwork network = StreamingNetwork.random(new StreamingNetwork.Shape(2, 16, 32, 16, 3, 1), 1);

  private Surrogate surrogate() {
    return StreamingSurrogate.of(network, heads, protocol, protocol.compile(), Optional.of(new SpikeRule(0, SpikeRule.Kind.PEAK, -20, 2)), "",
        Provenance.UNKNOWN);
  }

  /** The engine that runs the file makes of the events what the trainer makes of them. */
  @Test
  void theEngineComputesWhatWasTrained() throws IOException {
    Path file = dir.resolve("s.safetensors");
    SurrogateFile.write(file, surrogate());
    var truth = new DirectRuns(protocol, protocol.compile(), CpuDevice.get(), CableOptions.of(protocol.compile()))
        .run(Use.TEST, 0, 3, r -> { });
    var sites = protocol.sites(protocol.compile());
    double[][][] run = ClosedLoop.run(SurrogateFile.read(file), truth, sites, CpuDevice.get(), SurrogateOptions.DEFAULT);
    float[][][] trained = StreamingTrainer.run(network, truth);
    double most = 0;
    for (int t = 0; t < 3; t++) {
      for (int o = 0; o < heads.size(); o++) {
        assertEquals(truth.rows(), run[t][o].length);
        for (int r = 0; r < truth.rows(); r++) {
          double head = heads.heads().get(o).normalisation().restore(trained[t][o][r]);
          assertEquals(head, run[t][o][r], 2e-3);
          most = Math.max(most, Math.abs(run[t][o][r] - run[t][o][0]));
        }
      }
    }
    assertTrue(most > 1, "the outputs move");
  }

  @Test
  void goesOnFromAFile() {
    var back = StreamingSurrogate.network(surrogate(), "s", 2, heads, 1);
    assertEquals(network.shape, back.shape);
    for (int p = 0; p < network.parameters().size(); p++) {
      for (int r = 0; r < network.parameters().get(p).length; r++) {
        assertArrayEquals(network.parameters().get(p)[r], back.parameters().get(p)[r], 1e-4f);
      }
    }
    assertTrue(assertThrows(InputException.class, () -> StreamingSurrogate.network(surrogate(), "s", 3, heads, 1)).getMessage()
        .startsWith("s: is no streaming network of 3 channels"));
  }
}
