package io.galvani.device.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.galvani.GalvaniException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;

/** Compiles PTX as a driver would, on machines without a GPU too, and says what each kernel takes. */
public sealed interface PtxCompiler {
  /**
   * What a thread of a kernel takes.
   *
   * @param stackBytes in device memory
   * @param spillStoreBytes written to it because registers did not suffice
   * @param spillLoadBytes read from it again
   * @param sharedBytes of static shared memory, of a block
   */
  record Resources(int registers, int stackBytes, int spillStoreBytes, int spillLoadBytes, int sharedBytes) {}

  /**
   * What became of PTX.
   *
   * @param entries what each kernel takes, by name
   * @param cubin the machine code, an ELF
   * @param log what the compiler said
   */
  record Compiled(Map<String, Resources> entries, byte[] cubin, String log) {}

  /** Name and version. */
  String name();

  /**
   * Compiles for an architecture, such as {@code sm_90}.
   *
   * @throws GalvaniException if it does not compile
   */
  Compiled compile(Ptx ptx, String arch);

  /** The compiler of CUDA 12.0 that is part of JCuda: for sm_90 and earlier, and here wherever Galvani is. */
  static PtxCompiler ofJCuda() {
    JCudaNatives.load("JNvPTXCompiler", JNvPTXCompiler.class);
    int[] major = new int[1];
    int[] minor = new int[1];
    JCuda.check("nvPTXCompilerGetVersion", JNvPTXCompiler.nvPTXCompilerGetVersion(major, minor));
    return new JCuda("nvptxcompiler " + major[0] + "." + minor[0]);
  }

  /** The {@code ptxas} on the PATH; empty where there is none. */
  static Optional<PtxCompiler> ptxas() {
    try {
      var version = Pattern.compile("release (\\d+\\.\\d+)").matcher(Tool.run("ptxas", "--version"));
      return version.find() ? Optional.of(new Ptxas("ptxas " + version.group(1))) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** What a compiler says when it is verbose. */
  final class Report {
    private static final Pattern ENTRY = Pattern.compile("Compiling entry function '([\\w$]+)' for '\\w+'.*?"
        + "(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads.*?Used (\\d+) registers([^\n]*)", Pattern.DOTALL);
    private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

    private Report() {}

    static Map<String, Resources> read(String log) {
      var entries = new LinkedHashMap<String, Resources>();
      for (Matcher m = ENTRY.matcher(log); m.find();) {
        Matcher shared = SHARED.matcher(m.group(6));
        entries.put(m.group(1), new Resources(number(m, 5), number(m, 2), number(m, 3), number(m, 4),
            shared.find() ? number(shared, 1) : 0));
      }
      return entries;
    }

    private static int number(Matcher m, int group) {
      return Integer.parseInt(m.group(group));
    }
  }

  /** JCuda's. */
  record JCuda(String name) implements PtxCompiler {
    @Override
    public Compiled compile(Ptx ptx, String arch) {
      var compiler = new nvPTXCompilerHandle();
      byte[] text = ptx.text().getBytes(UTF_8);
      check("nvPTXCompilerCreate of " + ptx, JNvPTXCompiler.nvPTXCompilerCreate(compiler, text.length, text));
      try {
        long[] size = new long[1];
        int status = JNvPTXCompiler.nvPTXCompilerCompile(compiler, 2, new String[] {"--gpu-name=" + arch, "--verbose"});
        if (status != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
          JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, size);
          byte[] log = new byte[(int) size[0] + 1];
          JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, log);
          throw new GalvaniException(ptx + " for " + arch + ": " + nvPTXCompileResult.stringFor(status) + "\n" + text(log));
        }
        JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(compiler, size);
        byte[] log = new byte[(int) size[0] + 1];
        JNvPTXCompiler.nvPTXCompilerGetInfoLog(compiler, log);
        JNvPTXCompiler.nvPTXCompilerGetCompiledProgramSize(compiler, size);
        byte[] cubin = new byte[(int) size[0]];
        JNvPTXCompiler.nvPTXCompilerGetCompiledProgram(compiler, cubin);
        return new Compiled(Report.read(text(log)), cubin, text(log));
      } finally {
        JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
      }
    }

    private static void check(String call, int status) {
      if (status != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
        throw new GalvaniException(call + ": " + nvPTXCompileResult.stringFor(status));
      }
    }

    private static String text(byte[] log) {
      return new String(log, UTF_8).split("\0", 2)[0].strip();
    }
  }

  /** That of an installed CUDA. */
  record Ptxas(String name) implements PtxCompiler {
    @Override
    public Compiled compile(Ptx ptx, String arch) {
      try {
        Path folder = Files.createTempDirectory("galvani");
        Path text = folder.resolve(ptx.name() + ".ptx");
        Path cubin = folder.resolve(ptx.name() + ".cubin");
        try {
          Files.writeString(text, ptx.text());
          String log = Tool.run("ptxas", "--verbose", "--gpu-name", arch, text.toString(), "--output-file", cubin.toString());
          return new Compiled(Report.read(log), Files.readAllBytes(cubin), log);
        } finally {
          Files.deleteIfExists(text);
          Files.deleteIfExists(cubin);
          Files.delete(folder);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Programs of an installed CUDA. */
  final class Tool {
    private Tool() {}

    /**
     * What a program prints.
     *
     * @throws IOException if there is no such program
     * @throws GalvaniException if it fails
     */
    static String run(String... command) throws IOException {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      try {
        if (process.waitFor() != 0) {
          throw new GalvaniException(String.join(" ", command) + ":\n" + output.strip());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new GalvaniException(command[0] + " was interrupted", e);
      }
      return output;
    }
  }
}
