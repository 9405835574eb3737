package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import java.util.Arrays;
import java.util.Random;
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
    return 150;
  }

  @ParameterizedTest
  @EnumSource(SurrogatePrecision.class)
  void resultsDoNotDependOnThreads(SurrogatePrecision precision) {
    var s = Surrogate.of("cnn-lstm", NETWORKS.get("cnn-lstm"));
    for (int cells : new int[] {1, 3, 70}) {
      var o = SurrogateOptions.DEFAULT.cells(cells).precision(precision);
      double[] one = run(s, o, 30, new Random(5));
      assertEquals(0, Arrays.mismatch(one, run(s, o.threads(3), 30, new Random(5))) + 1, cells + " cells");
      assertEquals(0, Arrays.mismatch(one, run(s, o.threads(2), 30, new Random(5))) + 1, cells + " cells");
    }
  }
}
