package io.galvani.bench.surrogate;

import io.galvani.GalvaniException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The most float32 multiply-adds that the machine can do, measured by a small program of its own. */
final class Peak {
  private final Path program;

  /** Compiles the program for this machine where its source is younger. */
  Peak(Path root) throws IOException {
    Path source = root.resolve("bench/peers/fma_peak.cpp");
    program = root.resolve("bench/target/fma_peak");
    if (!Files.exists(program) || Files.getLastModifiedTime(program).compareTo(Files.getLastModifiedTime(source)) < 0) {
      Files.createDirectories(program.getParent());
      run("g++", "-O3", "-march=native", "-pthread", source.toString(), "-o", program.toString());
    }
  }

  /** GFLOP/s of so many threads together. */
  double gigaflops(int threads) throws IOException {
    return Double.parseDouble(run(program.toString(), Integer.toString(threads)).strip());
  }

  private static String run(String... command) throws IOException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    try {
      if (process.waitFor() != 0) {
        throw new GalvaniException(String.join(" ", command) + " failed: " + output.strip());
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new GalvaniException(String.join(" ", command) + " was interrupted", e);
    }
    return output;
  }
}
