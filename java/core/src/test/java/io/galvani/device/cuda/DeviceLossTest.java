package io.galvani.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.galvani.ForkedJvm;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A kernel that fails takes all on the device with it, and is named when that shows. In a JVM of its own: a GPU may not recover. */
@NeedsGpu
class DeviceLossTest {
  /** Loses the device; prints what each call says. */
  static final class Loser {
    public static void main(String[] args) {
      boolean byItself = System.getenv("GALVANI_EMULATOR_LOSE_AFTER") != null;  // without a fault of the kernel's
      try (CudaContext gpu = Cuda.gpu(0).open(); CudaModule module = gpu.module(Ptx.packaged("probe"));
          CudaStream stream = gpu.stream(); CudaBuffer out = gpu.buffer(128); CudaBuffer unused = gpu.buffer(128)) {
        report(() -> {
          if (byItself) {
            module.kernel("probe_f32").launch(stream, LaunchShape.of(1, 32), out, unused, 0f, 1f, 32);
          } else {
            module.kernel("probe_f32").launch(stream, LaunchShape.of(1, 32), 0L, 0L, 0f, 1f, 32);  // writes to address 0
          }
          stream.synchronize();
        });
        report(() -> out.zero(stream));
        report(() -> gpu.buffer(128));
      }
      System.out.println("closed");
    }

    private static void report(Runnable call) {
      try {
        call.run();
        System.out.println("no failure");
      } catch (CudaException e) {
        System.out.println(e.deviceLost() + " " + e.getMessage());
      }
    }
  }

  /** What the calls say, if the environment is that. */
  private static void assertNamedAndClosed(Map<String, String> environment) throws Exception {
    var lines = ForkedJvm.start(Loser.class, environment).output().stream().filter(l -> l.matches("(true|false|no|closed).*")).toList();
    assertEquals(4, lines.size(), () -> String.join("\n", lines));
    String first = lines.getFirst();
    assertTrue(first.matches("true cu(LaunchKernel|StreamSynchronize) of .*: CUDA_ERROR_\\w+\\. .*"), first);
    assertTrue(first.contains("kernel probe_f32 with grid 1×1×1, block 32×1×1, 0 bytes shared"), first);
    assertTrue(first.contains("What was on the device is lost"), first);
    assertTrue(lines.get(1).startsWith("true The device was lost before: cu"), lines.get(1));
    assertEquals(lines.get(1), lines.get(2));
    assertEquals("closed", lines.get(3));
  }

  @Test
  @Tag("unsanitized")  // which ends the JVM with a report of its own
  void aKernelThatFailsIsNamedAndClosesInOrder() throws Exception {
    assertNamedAndClosed(Map.of());
  }

  @Test
  void aDeviceThatFailsByItselfIsNamedAndClosesInOrder() throws Exception {
    assumeTrue("emulated".equals(System.getProperty("galvani.gpu")), "only the emulated device fails when it is told to");
    assertNamedAndClosed(Map.of("GALVANI_EMULATOR_LOSE_AFTER", "1"));
  }
}
