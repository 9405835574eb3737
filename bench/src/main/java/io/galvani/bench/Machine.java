package io.galvani.bench;

import io.galvani.device.cpu.CpuDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine that figures belong to. */
public final class Machine {
  private Machine() {}

  /** What the processor calls itself. */
  public static String cpu() throws IOException {
    return Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(l -> l.startsWith("model name"))
        .map(l -> l.substring(l.indexOf(':') + 1).strip()).findFirst().orElse("unknown processor");
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
