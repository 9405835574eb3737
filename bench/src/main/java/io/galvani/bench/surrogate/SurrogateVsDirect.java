package io.galvani.bench.surrogate;

import io.galvani.Events;
import io.galvani.Population;
import io.galvani.Slot;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.cell.Cells;
import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Surrogates;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A cell by its equations (mixed precision, polynomial rates) and by the surrogates of it that come with Galvani, under the same random
 * events: {@value #MS} ms of all cells an invocation, one thread on the CPU.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgs = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-Xmx4g"})
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 5, time = 1)
public class SurrogateVsDirect {
  static final int MS = 20;
  private static final int SITES_OF_AN_EVENT = 50; // a cell of so many synapses has an event a ms

  @Param({"ball"}) public String cell;
  @Param({"direct", "cnn-lstm", "streaming"}) public String engine;
  /** Without a GPU the second is skipped, with a line for each. */
  @Param({"cpu", "cuda"}) public String device;
  @Param({"1", "50", "5000"}) public int population;

  private final Spikes spikes = new Spikes();
  private final SplittableRandom random = new SplittableRandom(1);
  private Population running;
  private List<Slot> slots;

  /** By which time is divided: ms of biological time, of all cells. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Work {
    public long cellMs;
  }

  @Setup
  public void open() {
    Device on = device.equals("cuda") ? CudaDevice.get() : CpuDevice.get();
    // The sites of the surrogate are those that the cell is given events at, too.
    var sites = Surrogates.load(cell + "-streaming").slots().stream().map(s -> s.slot().name()).collect(Collectors.toSet());
    if (engine.equals("direct")) {
      var compiled = Cells.load(cell);
      running = on.population(compiled, CableOptions.of(compiled).cells(population).precision(Precision.MIXED).rates(Rates.POLY));
    } else {
      running = on.population(Surrogates.load(cell + "-" + engine), SurrogateOptions.DEFAULT.cells(population));
    }
    slots = running.slots().stream().filter(s -> sites.contains(s.name())).toList();
  }

  @Benchmark
  public int advance(Work work) {
    double now = running.time();
    var events = new Events();
    int each = Math.max(1, slots.size() / SITES_OF_AN_EVENT);
    for (int ms = 0; ms < MS; ms++) {
      for (int c = 0; c < population; c++) {
        for (int k = 0; k < each; k++) {
          events.add(now + ms, c, slots.get(random.nextInt(slots.size())).index());
        }
      }
    }
    spikes.clear();
    running.advance(events, now + MS, spikes);
    work.cellMs += (long) MS * population;
    return spikes.size();
  }

  @TearDown
  public void close() {
    running.close();
  }
}
