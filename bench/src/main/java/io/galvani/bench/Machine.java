package io.galvani.bench;

import io.galvani.device.cpu.CpuDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The machine that figures belong to. */
public final class Machine {
  private Machine() {}

  /** What the processor calls itself, and its family: a name alone may mean any generation. */
  public static String cpu() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/cpuinfo"));
    return value(lines, "model name").orElse("unknown processor") + value(lines, "cpu family").map(f -> " family " + f).orElse("");
  }

  private static Optional<String> value(List<String> lines, String key) {
    return lines.stream().filter(l -> l.startsWith(key)).map(l -> l.substring(l.indexOf(':') + 1).strip()).findFirst();
  }

  /** The instruction set that the CPU engine takes. */
  public static String isa() {
    return CpuDevice.instructionSet().name().toLowerCase();
  }

  /** Writes a report to a file named after the machine, and what else it is about; the file. */
  public static Path write(Path folder, String subject, String text) throws IOException {
    Path file = folder.resolve((cpu() + " " + isa() + " " + subject).strip().toLowerCase().replaceAll("[^a-z0-9]+", "-") + ".md");
    Files.createDirectories(folder);
    return Files.writeString(file, text);
  }
}
