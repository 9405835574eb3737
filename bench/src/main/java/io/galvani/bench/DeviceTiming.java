package io.galvani.bench;

import io.galvani.Population;
import io.galvani.Spikes;
import io.galvani.bench.Cases.Load;
import io.galvani.cable.Mode;
import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import java.util.ArrayList;
import java.util.List;

/** A short benchmark of a device beside the CPU: wall time of the same biological time, round by round in turn. */
public final class DeviceTiming {
  private static final double WARM_UP = 1;         // ms
  private static final double STRETCH = 4e7;       // compartment-steps of a round

  private DeviceTiming() {}

  /**
   * One load on both.
   *
   * @param device ns per compartment-step of each round
   * @param cpu the same on all processors of the CPU
   */
  public record Row(String load, String mode, Rounds device, Rounds cpu) {
    @Override
    public String toString() {
      return String.format("%-12s %-12s %s, CPU %s ns per compartment-step; %s times", load, mode, device, cpu, cpu.over(device));
    }
  }

  /** Every mode on each load. */
  public static List<Row> compare(Device device, List<Load> loads, int rounds) {
    int threads = Runtime.getRuntime().availableProcessors();
    var rows = new ArrayList<Row>();
    for (Load load : loads) {
      for (Mode mode : Mode.ALL) {
        try (Population there = load.population(device, mode, o -> o);
            Population here = load.population(CpuDevice.get(), mode, o -> o.threads(threads))) {
          double ms = load.stretch(STRETCH);
          advance(there, WARM_UP);
          advance(here, WARM_UP);
          double[] gpu = new double[rounds];
          double[] cpu = new double[rounds];
          for (int r = 0; r < rounds; r++) {
            gpu[r] = advance(there, ms) / load.compartmentSteps(ms);
            cpu[r] = advance(here, ms) / load.compartmentSteps(ms);
          }
          rows.add(new Row(load.toString(), mode.toString(), new Rounds(gpu), new Rounds(cpu)));
        }
      }
    }
    return rows;
  }

  private static double advance(Population population, double ms) {
    long begin = System.nanoTime();
    population.advance(population.time() + ms, new Spikes());
    return System.nanoTime() - begin;
  }
}
