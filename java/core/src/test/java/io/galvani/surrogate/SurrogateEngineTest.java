package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The surrogate engine on the CPU. */
class SurrogateEngineTest extends SurrogateEngineCases {
  @Override
  Device device() {
    return CpuDevice.get();
  }

  @Override
  int steps(int steps, int cells, Network network) {
    return steps;
  }

  @Override
  int seeds() {
    return 300;
  }

  /** The network of the Rett circuit: 201 channels, 5.4 million parameters. */
  @Test
  void theLargeNetwork() {
    var s = Surrogate.of("rett", TestNetworks.cnnLstm(64, 201, new int[] {512, 256, 128}, 5, 3, 1));
    assertEquals(5_375_269, s.network().parameters());
    for (var precision : SurrogatePrecision.values()) {
      agree("rett", s, SurrogateOptions.DEFAULT.cells(1).threads(2).precision(precision), 3);
    }
  }

  /** What is summed anew in each step cannot drift; what is fed back must not. */
  @Test
  void tenThousandSteps() {
    var s = damped(Surrogate.of("small", TestNetworks.cnnLstm(9, 4, new int[] {8, 6, 5}, 2, 1, 1)));
    agree("small", s, SurrogateOptions.DEFAULT.precision(SurrogatePrecision.F64), 10_000);
  }

  @ParameterizedTest
  @EnumSource(SurrogatePrecision.class)
  void resultsDoNotDependOnThreads(SurrogatePrecision precision) {
    var s = Surrogate.of("cnn-lstm", NETWORKS.get("cnn-lstm"));
    for (int cells : new int[] {1, 3, 70}) {
      var o = SurrogateOptions.DEFAULT.cells(cells).precision(precision);
      double[] one = run(s, o, 30, new Random(5));
      assertEquals(-1, Arrays.mismatch(one, run(s, o.threads(3), 30, new Random(5))), cells + " cells");
      assertEquals(-1, Arrays.mismatch(one, run(s, o.threads(2), 30, new Random(5))), cells + " cells");
    }
  }
}
