package io.galvani.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.ForkedJvm;
import io.galvani.GalvaniException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The probe on machines without CUDA, and how JCuda's libraries are loaded. */
class CudaTest {
  @TempDir
  Path dir;

  /** Prints, twice, what the probe finds and what asking for a GPU gives. */
  static final class Prober {
    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        System.out.println(Cuda.absence().orElse("a GPU"));
        try {
          System.out.println(Cuda.gpu(0).description());
        } catch (GalvaniException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  private static void assertAbsent(String reason, List<String> lines) {
    assertEquals(4, lines.size(), () -> String.join("\n", lines));
    assertTrue(lines.getFirst().contains(reason), lines.getFirst());
    assertEquals(List.of(lines.getFirst(), "No GPU: " + lines.getFirst()), lines.subList(2, 4));
    assertEquals(lines.subList(0, 2), lines.subList(2, 4), "the same when asked again");
  }

  @Test
  void aMachineWithoutADriverIsDescribedInOneLine() throws Exception {
    var lines = ForkedJvm.start(Prober.class, Map.of()).output();
    if (Cuda.absence().isPresent()) {
      assertAbsent("there is no NVIDIA driver (libcuda.so.1); install R525 or later to use a GPU", lines);
    } else {
      assertEquals("a GPU", lines.getFirst());
    }
  }

  @Test
  void aDriverThatIsBrokenIsDescribedInOneLine() throws Exception {
    Files.writeString(dir.resolve("libcuda.so.1"), "");
    assertAbsent("JCuda's library does not load: ",
        ForkedJvm.start(Prober.class, Map.of("LD_LIBRARY_PATH", dir.toString())).output());
  }

  /** A driver that answers what the probe asks, and refuses PTX. */
  private List<String> ask(Class<?> main, int init, int version, int count, int major) throws Exception {
    Path source = Files.writeString(dir.resolve("driver.c"), """
        #include <string.h>
        int cuInit(unsigned flags) { return %d; }
        int cuDriverGetVersion(int* version) { *version = %d; return 0; }
        int cuDeviceGetCount(int* count) { *count = %d; return 0; }
        int cuDeviceGet(int* device, int ordinal) { *device = ordinal; return 0; }
        int cuDeviceGetName(char* name, int size, int device) { strcpy(name, "Some GPU"); return 0; }
        int cuDeviceTotalMem_v2(unsigned long* bytes, int device) { *bytes = 8UL << 30; return 0; }
        int cuDeviceGetAttribute(int* value, int which, int device) { *value = which == 75 ? %d : 5; return 0; }
        int cuDevicePrimaryCtxRetain(void** context, int device) { *context = device; return 0; }
        int cuDevicePrimaryCtxRelease_v2(int device) { return 0; }
        int cuCtxPushCurrent_v2(void* context) { return 0; }
        int cuCtxPopCurrent_v2(void** context) { return 0; }
        int cuModuleLoadDataEx(void** module, char* text, unsigned count, int* option, void** value) {
          if (count == 2 && option[0] == 5 && option[1] == 6 && (unsigned long)value[1] >= 4096 && !strcmp(text, "// galvani: x"))
            strcpy(value[0], "line 1:\\n  no entry\\n");
          return 218;
        }
        """.formatted(init, version, count, major));
    assertEquals(0, new ProcessBuilder("gcc", "-w", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", source.toString(), "-o",
        dir.resolve("libcuda.so.1").toString()).inheritIO().start().waitFor());
    return ForkedJvm.start(main, Map.of("LD_LIBRARY_PATH", dir.toString())).output();
  }

  @Test
  void aDriverThatIsTooOldOrSeesNoGpuIsDescribedInOneLine() throws Exception {
    assertAbsent("the driver offers CUDA 11.4, the kernels need 12.0; update it to R525 or later", ask(Prober.class, 0, 11040, 1, 8));
    assertAbsent("cuInit: CUDA_ERROR_NO_DEVICE. Check with nvidia-smi", ask(Prober.class, 100, 12000, 0, 8));
    assertAbsent("the driver lists no GPU. Check with nvidia-smi", ask(Prober.class, 0, 12000, 0, 8));
    assertAbsent("Some GPU: sm_75 is older than sm_80, for which the kernels are compiled", ask(Prober.class, 0, 12000, 1, 7));
    assertEquals(List.of("a GPU", "Some GPU, sm_85, 5 multiprocessors, 8192 MiB"), ask(Prober.class, 0, 12000, 1, 8).subList(0, 2));
  }

  /** Has the driver compile something. */
  static final class Compiler {
    public static void main(String[] args) {
      try (CudaContext context = Cuda.gpu(0).open()) {
        context.module(new Ptx("x", "8.0", "sm_80", Map.of(), "// galvani: x"));
      } catch (CudaException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void whatTheCompilerOfTheDriverSaysIsPassedOn() throws Exception {
    String said = ask(Compiler.class, 0, 12000, 1, 8).getFirst();
    assertTrue(said.startsWith("cuModuleLoadDataEx of module x for sm_85 (line 1:; no entry): CUDA_ERROR_INVALID_PTX. "), said);
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "");
    assertAbsent("cannot be unpacked into " + file, ForkedJvm.start(Prober.class, Map.of(), "-Dgalvani.cache=" + file).output());
  }

  /** Loads a library of JCuda's that needs no driver, and prints the version it tells and the temporary folder. */
  static final class Loader {
    public static void main(String[] args) throws IOException {
      JCudaNatives.load("JNvPTXCompiler", JNvPTXCompiler.class);
      int[] major = new int[1];
      int[] minor = new int[1];
      JNvPTXCompiler.nvPTXCompilerGetVersion(major, minor);
      System.out.println(major[0] + "." + minor[0]);
      System.out.println(System.getProperty("java.io.tmpdir"));
      try (var maps = Files.lines(Path.of("/proc/self/maps"))) {
        maps.filter(line -> line.contains("libJNvPTXCompiler")).map(line -> line.substring(line.indexOf('/'))).distinct()
            .forEach(System.out::println);
      }
    }
  }

  /** What lies in the temporary folder under the name that JCuda uses is neither loaded nor changed. */
  @Test
  void theTemporaryFolderIsNotTrusted() throws Exception {
    Path planted = Files.writeString(dir.resolve("libJNvPTXCompiler-12.6.0-linux-x86_64.so"), "planted");
    Path cache = Files.createDirectory(dir.resolve("cache"));
    var lines = ForkedJvm.start(Loader.class, Map.of(), "-Djava.io.tmpdir=" + dir, "-Dgalvani.cache=" + cache).output();
    assertEquals(List.of("12.0", dir.toString()), lines.subList(0, 2));
    assertEquals(3, lines.size(), "one copy is loaded");
    assertTrue(Path.of(lines.get(2)).startsWith(cache), lines.get(2));
    assertEquals("planted", Files.readString(planted));
    try (var left = Files.list(dir)) {
      assertEquals(List.of(cache, planted), left.filter(f -> !f.toString().contains("hsperfdata")).sorted().toList());
    }
  }
}
