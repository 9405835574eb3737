package io.galvani.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.Gemm;
import io.galvani.surrogate.SurrogatePrecision;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** That something is timed, or why not; not how long it takes. */
class SurrogateTimingTest {
  @Test
  void withoutAGpuItSaysThatItIsSkipped() {
    Assumptions.assumeTrue(Cuda.absence().isPresent(), "there is a GPU");
    assertEquals("skipped: " + Cuda.absence().get() + System.lineSeparator(), printed());
  }

  @Test
  @Tag("cuda-emulated")
  void aStandInIsNotTimed() {
    assertTrue(printed().startsWith("skipped: the driver is a stand-in for a GPU"), SurrogateTimingTest::printed);
    double[] rounds = SurrogateTiming.time(SurrogateTiming.lstms(), 2, SurrogatePrecision.F32, Gemm.KERNEL, 2, 1);
    assertTrue(rounds.length == 2 && Arrays.stream(rounds).allMatch(t -> t > 0), Arrays.toString(rounds));
  }

  private static String printed() {
    var bytes = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      SurrogateTiming.main(new String[0]);
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
