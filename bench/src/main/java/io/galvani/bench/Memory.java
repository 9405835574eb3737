package io.galvani.bench;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.cell.Cells;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.SlotSpec;
import io.galvani.device.cpu.CpuDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Memory of 10,000 layer-5 pyramidal cells with 10,000 synapse slots each. */
public final class Memory {
  private static final int CELLS = 10_000;
  private static final int SLOTS = 10_000;

  private Memory() {}

  /** Measures each precision in a JVM of its own: what one has taken, it does not give back. */
  static void fork() throws IOException, InterruptedException {
    for (Precision p : List.of(Precision.F64, Precision.MIXED)) {
      int status = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx256m", "-cp", System.getProperty("java.class.path"),
          Memory.class.getName(), p.name()).inheritIO().start().waitFor();
      if (status != 0) {
        throw new GalvaniException("The memory of " + p + " was not measured: its JVM ended with status " + status);
      }
    }
  }

  /** Measures one precision in this JVM. */
  public static void main(String[] precision) throws IOException {
    CompiledCell cell = synapses(Cells.load("l5pc"));
    var options = CableOptions.of(cell).cells(CELLS).precision(Precision.valueOf(precision[0]));
    CpuDevice.get();
    long before = resident();
    try (var population = CpuDevice.get().population(cell, options)) {
      var events = new Events();
      for (int c = 0; c < CELLS; c++) {
        events.add(0, c, c % SLOTS);
      }
      population.advance(events, population.step(), new Spikes());  // all memory has been touched now
      long bytes = resident() - before;
      System.out.printf(Locale.ROOT, "l5pc, %,d cells with %,d slots each, %s: %.2f GB resident beside %.2f GB of the JVM, %.1f kB a cell%n",
          CELLS, cell.slots().size(), options.precision().name().toLowerCase(), bytes / 1e9, before / 1e9, bytes / 1e3 / CELLS);
    }
  }

  /** The cell's own slots over and over, until there are enough. */
  private static CompiledCell synapses(CompiledCell cell) {
    var own = cell.slots();
    var more = new ArrayList<SlotSpec>();
    for (int i = own.size(); i < SLOTS; i++) {
      var s = own.get(i % own.size());
      more.add(new SlotSpec("more[" + i + "]", s.at(), s.kind(), Map.of(), s.weight()));
    }
    return cell.withSlots(more);
  }

  /** Resident set of this process in bytes. */
  private static long resident() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new GalvaniException("/proc/self/status has no VmRSS");
  }
}
