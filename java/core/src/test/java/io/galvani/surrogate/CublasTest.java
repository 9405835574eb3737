package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.ForkedJvm;
import io.galvani.GalvaniException;
import io.galvani.device.cuda.Gemm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Projections by cuBLAS, on the emulated driver and the cuBLAS beside it, in JVMs of their own: which libraries there are is settled when
 * they start.
 */
class CublasTest {
  private static final Path EMULATOR = Path.of(System.getProperty("galvani.root"), "native", "target", "emulator");

  @TempDir
  Path dir;

  /** Prints how far products by cuBLAS are from those of our kernels, and what is refused. */
  static final class Products {
    public static void main(String[] args) {
      var s = SurrogateEngineCases.damped(Surrogate.of("cnn-lstm", TestNetworks.cnnLstm(12, 6, new int[] {20, 9, 7}, 3, 1, 2)));
      for (var precision : SurrogatePrecision.values()) {
        var o = SurrogateOptions.DEFAULT.cells(3).lookAhead(5).precision(precision);
        try {
          double[] kernel = run(s, o, Gemm.KERNEL);
          double[] cublas = run(s, o, Gemm.CUBLAS);
          double scale = Arrays.stream(kernel).map(Math::abs).max().orElseThrow();
          double worst = 0;
          for (int i = 0; i < kernel.length; i++) {
            worst = Math.max(worst, Math.abs(kernel[i] - cublas[i]) / scale);
          }
          System.out.println(worst);
        } catch (GalvaniException e) {
          System.out.println(e.getMessage());
        }
      }
    }

    private static double[] run(Surrogate s, SurrogateOptions o, Gemm gemm) {
      return SurrogateEngineCases.run(CudaSurrogateEngineTest.by(gemm), s, o, 14, new Random(5));
    }
  }

  private static Map<String, String> environment(Path libraries) {
    return Map.of("LD_LIBRARY_PATH", libraries.toString(), "GALVANI_EMULATED_KERNELS", EMULATOR.toString(), "GALVANI_EMULATOR_QUIET", "1");
  }

  @Test
  void productsAreThoseOfOurKernels() throws Exception {
    var lines = ForkedJvm.start(Products.class, environment(EMULATOR)).output();
    assertEquals(3, lines.size(), () -> String.join("\n", lines));
    double f64 = Double.parseDouble(lines.get(0));
    double f32 = Double.parseDouble(lines.get(1));
    assertTrue(f64 > 0 && f64 < 1e-13, "another order of sums, and no more: " + f64);
    assertTrue(f32 > 0 && f32 < 2e-5, "another order of sums, and no more: " + f32);
    assertTrue(lines.get(2).contains("cublas does not multiply BF16"), lines.get(2));
  }

  @Test
  void itsAbsenceIsOneSentence() throws Exception {
    Files.copy(EMULATOR.resolve("libcuda.so.1"), dir.resolve("libcuda.so.1"));
    var lines = ForkedJvm.start(Products.class, environment(dir)).output();
    assertEquals("galvani.gemm: there is no cuBLAS of CUDA 12 (libcublas.so.12). Put it on LD_LIBRARY_PATH, or use kernel or mma",
        lines.getFirst());
  }
}
