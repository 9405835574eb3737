package io.galvani.device.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Assembles every PTX for the architectures it will run on, without a GPU: by the compiler of CUDA 12.0 inside JCuda, which proves
 * that drivers of that age read it, and by {@code ptxas}, where it is installed, for those that came later. What they report must be
 * what {@code kernels/ptx/registers.csv} says: a spill, or a register more, is somebody's decision.
 */
class PtxAssemblyTest {
  private static final String UPDATE = "./mvnw -pl java/core -am test -Dtest=PtxAssemblyTest -Dgalvani.update=registers"
      + " -Dsurefire.failIfNoSpecifiedTests=false";
  private static final String HEAD =
      "ptx,entry,arch,compiler,registers,stack_bytes,spill_store_bytes,spill_load_bytes,shared_bytes,block_threads,blocks_per_sm,occupancy_percent";
  private static final Path FOLDER = Path.of(System.getProperty("galvani.root"), "kernels", "ptx");
  private static final Path TABLE = FOLDER.resolve("registers.csv");

  /** What a multiprocessor of an architecture holds; 65536 registers all of them. */
  private record Multiprocessor(String arch, int warps, int blocks, int sharedBytes) {
    /** Blocks that fit at a time, without dynamic shared memory. */
    int fits(int registers, int shared, int threads) {
      int warpsOfBlock = (threads + 31) / 32;
      int registersOfWarp = Math.max(256, (32 * registers + 255) / 256 * 256);
      int byRegisters = 65536 / 4 / registersOfWarp * 4 / warpsOfBlock;
      int byShared = sharedBytes / (1024 + (shared + 127) / 128 * 128);  // 1 KiB a block is the system's
      return Math.min(Math.min(warps / warpsOfBlock, blocks), Math.min(byRegisters, byShared));
    }
  }

  /** CUDA C++ Programming Guide, technical specifications per compute capability. */
  private static final List<Multiprocessor> BY_JCUDA = List.of(new Multiprocessor("sm_80", 64, 32, 164 << 10),
      new Multiprocessor("sm_86", 48, 16, 100 << 10), new Multiprocessor("sm_89", 48, 24, 100 << 10),
      new Multiprocessor("sm_90", 64, 32, 228 << 10));
  private static final List<Multiprocessor> BY_PTXAS = List.of(new Multiprocessor("sm_100", 64, 32, 228 << 10),
      new Multiprocessor("sm_120", 48, 24, 100 << 10));

  private static final Pattern REPORT = Pattern.compile("Compiling entry function '([\\w$]+)' for '\\w+'.*?"
      + "(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads.*?Used (\\d+) registers([^\n]*)", Pattern.DOTALL);
  private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

  @TempDir
  Path dir;

  @BeforeAll
  static void load() {
    JCudaNatives.load("JNvPTXCompiler", JNvPTXCompiler.class);
  }

  @Test
  void registersAreThoseOfTheTable() throws Exception {
    var found = new TreeMap<String, String>();
    for (Ptx ptx : packaged()) {
      for (Multiprocessor m : BY_JCUDA) {
        rows(ptx, m, "nvptxcompiler " + compilerVersion(), assemble(ptx, m.arch), found);
      }
      for (Multiprocessor m : BY_PTXAS) {
        if (ptxas().isPresent()) {
          rows(ptx, m, "ptxas " + ptxas().get(), assembleByPtxas(ptx, m.arch), found);
        }
      }
    }
    if ("registers".equals(System.getProperty("galvani.update"))) {
      assertTrue(ptxas().isPresent(), "the table is made where ptxas is on the PATH");
      Files.writeString(TABLE, HEAD + "\n" + String.join("\n", found.values()) + "\n");
    }

    List<String> lines = Files.readAllLines(TABLE);
    assertEquals(HEAD, lines.getFirst());
    var expected = new TreeMap<String, String>();
    lines.stream().skip(1).forEach(row -> expected.put(key(row), row));
    // What ptxas counts is compared where it is the ptxas of the table.
    Set<String> here = compilers(found);
    Set<String> there = compilers(expected);
    there.stream().filter(c -> !here.contains(c)).forEach(c -> System.out.println("skipped: registers as counted by " + c + ", not here"));
    expected.values().removeIf(row -> !here.contains(compiler(row)));
    found.values().removeIf(row -> compiler(row).startsWith("ptxas") && !there.contains(compiler(row)));

    var differences = new ArrayList<String>();
    expected.forEach((key, row) -> {
      if (!row.equals(found.get(key))) {
        differences.add("- " + row);
      }
    });
    found.forEach((key, row) -> {
      if (!row.equals(expected.get(key))) {
        differences.add("+ " + row);
      }
    });
    assertTrue(differences.isEmpty(), () -> "kernels/ptx/registers.csv (-) and the compilers (+) differ:\n" + HEAD + "\n"
        + String.join("\n", differences) + "\nIf that is what you want: " + UPDATE);
  }

  private static List<Ptx> packaged() throws IOException {
    try (var files = Files.list(FOLDER)) {
      List<Ptx> all = files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".ptx")).sorted()
          .map(f -> Ptx.packaged(f.substring(0, f.length() - 4))).toList();
      assertTrue(all.stream().anyMatch(p -> p.name().equals("probe")));
      return all;
    }
  }

  private static String key(String row) {
    String[] columns = row.split(",");
    return "%s,%s,%5s".formatted(columns[0], columns[1], columns[2].replace("sm_", ""));
  }

  private static String compiler(String row) {
    return row.split(",")[3];
  }

  private static Set<String> compilers(Map<String, String> rows) {
    return rows.values().stream().map(PtxAssemblyTest::compiler).collect(Collectors.toSet());
  }

  private static void rows(Ptx ptx, Multiprocessor m, String compiler, String log, Map<String, String> rows) {
    var seen = new ArrayList<String>();
    for (Matcher report = REPORT.matcher(log); report.find();) {
      Ptx.Entry entry = ptx.entry(report.group(1));
      seen.add(entry.name());
      assertTrue(entry.maxThreads() > 0, entry.name() + " of " + ptx + " has no __launch_bounds__");
      int registers = Integer.parseInt(report.group(5));
      Matcher smem = SHARED.matcher(report.group(6));
      int shared = smem.find() ? Integer.parseInt(smem.group(1)) : 0;
      int blocks = m.fits(registers, shared, entry.maxThreads());
      String row = String.join(",", ptx.name(), entry.name(), m.arch, compiler, report.group(5), report.group(2), report.group(3),
          report.group(4), Integer.toString(shared), Integer.toString(entry.maxThreads()), Integer.toString(blocks),
          Integer.toString(100 * blocks * ((entry.maxThreads() + 31) / 32) / m.warps));
      rows.put(key(row), row);
    }
    assertEquals(ptx.entries().keySet(), Set.copyOf(seen), () -> "entries in the report of " + compiler + ":\n" + log);
  }

  // ---- the two compilers -------------------------------------------------------------------------------------------

  private static String compilerVersion() {
    int[] major = new int[1];
    int[] minor = new int[1];
    assertEquals(nvPTXCompileResult.NVPTXCOMPILE_SUCCESS, JNvPTXCompiler.nvPTXCompilerGetVersion(major, minor));
    return major[0] + "." + minor[0];
  }

  /** The report of JCuda's compiler. */
  private static String assemble(Ptx ptx, String arch) {
    var compiler = new nvPTXCompilerHandle();
    byte[] text = ptx.text().getBytes(UTF_8);
    assertEquals(nvPTXCompileResult.NVPTXCOMPILE_SUCCESS, JNvPTXCompiler.nvPTXCompilerCreate(compiler, text.length, text));
    try {
      int status = JNvPTXCompiler.nvPTXCompilerCompile(compiler, 2, new String[] {"--gpu-name=" + arch, "--verbose"});
      long[] size = new long[1];
      if (status != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
        JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, size);
        byte[] log = new byte[(int) size[0] + 1];
        JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, log);
        fail(ptx + " for " + arch + ": " + nvPTXCompileResult.stringFor(status) + "\n" + text(log));
      }
      JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(compiler, size);
      byte[] log = new byte[(int) size[0] + 1];
      JNvPTXCompiler.nvPTXCompilerGetInfoLog(compiler, log);
      return text(log);
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
  }

  private static String text(byte[] log) {
    return new String(log, UTF_8).split("\0", 2)[0].strip();
  }

  private static Optional<String> ptxas() throws Exception {
    try {
      var version = Pattern.compile("release (\\d+\\.\\d+)").matcher(output("ptxas", "--version"));
      return version.find() ? Optional.of(version.group(1)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private String assembleByPtxas(Ptx ptx, String arch) throws Exception {
    Path file = Files.writeString(dir.resolve(ptx.name() + ".ptx"), ptx.text());
    return output("ptxas", "--verbose", "--gpu-name", arch, file.toString(), "--output-file", dir.resolve("cubin").toString());
  }

  private static String output(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }
}
