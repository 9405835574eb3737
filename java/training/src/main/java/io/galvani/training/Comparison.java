package io.galvani.training;

import io.galvani.Events;
import io.galvani.Population;
import io.galvani.Slot;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.cell.CompiledCell;
import io.galvani.device.Device;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What engines cost: each is given the same input, that of a protocol's test runs, for many cells at once. */
public final class Comparison {
  /** ms that each run has at least, and that are integrated between two looks at the clock. */
  private static final double LEAST = 40;
  private static final double PIECE = 10;
  /** Wall time in s for which populations run before they are timed: code is compiled while it runs. */
  private static final double WARM_UP = 0.3;
  /** Cells with input of their own; further ones have that of the first again. */
  private static final int DISTINCT = 256;

  /**
   * What a run cost.
   *
   * @param engine by its name
   * @param cells how many it is about
   * @param held how many were integrated; fewer, where the cost of all is that of these times their number
   * @param ms biological time that was timed
   * @param seconds wall time for these, of all {@code cells}: the median of pieces of 10 ms, so many times, as what else a machine does is
   *     no cost of an engine
   * @param build wall time in s before the clock starts
   * @param input wall time in s that sorting the events of {@code ms} took, which is no part of {@code seconds}
   */
  public record Cost(String engine, int cells, int held, double ms, double seconds, double build, double input) {
    /** Wall seconds for a second of all cells. */
    public double perSecond() {
      return seconds / (ms / 1000);
    }

    /** Wall µs for a ms of one cell. */
    public double perCellAndMs() {
      return seconds * 1e6 / (ms * cells);
    }

    /** What was not run as it was asked for; empty if nothing. */
    public String extrapolated(double wanted) {
      var from = new ArrayList<String>();
      if (held < cells) {
        from.add(held + (held == 1 ? " cell" : " cells"));
      }
      if (ms < wanted) {
        from.add(Math.round(ms) + " ms");
      }
      return from.isEmpty() ? "" : "extrapolated from " + String.join(" and ", from);
    }
  }

  /** What integrates cells, and is timed. */
  public interface Engine {
    /** How many cells it holds where so many are asked for. */
    default int held(int cells) {
      return cells;
    }

    /** Wall time in s that it runs at least before it is timed, beyond a first piece of 10 ms. */
    default double warmUp() {
      return 0;
    }

    /**
     * Builds cells at t = 0.
     *
     * @param events of these cells, all that there will be, for who wants them beforehand; times in ms, slots by the indices that the cell
     *     has
     */
    Running begin(int cells, Supplier<Events> events);
  }

  /** Cells that were built. */
  public interface Running extends AutoCloseable {
    /**
     * Integrates until a time.
     *
     * @param due events of that time
     * @return wall time in s
     */
    double advance(Events due, double until);

    @Override
    void close();
  }

  private Comparison() {}

  /**
   * The direct engine in float64 with exact rates, the same in mixed precision with polynomials, and surrogates, by name.
   *
   * @param settings of surrogates
   */
  public static Map<String, Engine> engines(Protocol protocol, Map<String, Surrogate> surrogates, Device device, int threads,
      SurrogateOptions settings) {
    var cell = protocol.compile();
    var engines = new LinkedHashMap<String, Engine>();
    var options = CableOptions.of(cell).threads(threads);
    engines.put("direct f64", new Ours(n -> device.population(cell, options.cells(n)), cell));
    var fast = options.precision(Precision.MIXED).rates(Rates.POLY);
    engines.put("direct mixed, poly", new Ours(n -> device.population(cell, fast.cells(n)), cell));
    surrogates.forEach((name, s) -> engines.put(name, new Ours(n -> device.population(s, settings.cells(n)), cell)));
    return engines;
  }

  /**
   * Wall time in s that timing an engine takes at least.
   *
   * @param known what it cost with other cells
   * @param held cells that it would hold
   */
  public static double least(Cost known, int held) {
    return known.perCellAndMs() * 1e-6 * held * (PIECE + LEAST);
  }

  /**
   * Times an engine under the input of the protocol's test runs, a trace a cell.
   *
   * @param name of the engine
   * @param ms biological time, if {@code seconds} suffice
   * @param seconds of wall time, but for the first 40 ms
   */
  public static Cost time(String name, Engine engine, Protocol protocol, int cells, double ms, double seconds) {
    int held = engine.held(cells);
    var cell = protocol.compile();
    var sites = protocol.sites(cell);
    byte[][][] events = new byte[held][][];
    Arrays.setAll(events, c -> c < DISTINCT ? DirectRuns.draw(protocol, sites, Protocol.Use.TEST, c) : events[c % DISTINCT]);
    var drive = Drive.of(events);
    int piece = (int) Math.max(1, PIECE / protocol.sample());
    double length = piece * protocol.sample();
    double wanted = Math.max(LEAST, Math.ceil(ms / length) * length);
    int rows = piece + (int) Math.round(wanted / protocol.sample());
    long begin = System.nanoTime();
    try (Running running = engine.begin(held, () -> DirectRuns.queue(sites, drive, 0, rows, protocol.sample()))) {
      // What comes first is not timed: memory is touched, code is compiled.
      int row = 0;
      double warm = 0;
      do {
        warm += running.advance(DirectRuns.queue(sites, drive, row, row + piece, protocol.sample()), (row + piece) * protocol.sample());
        row += piece;
      } while (warm < engine.warmUp());
      double build = (System.nanoTime() - begin) / 1e9;
      var times = new ArrayList<Double>();
      double all = 0;
      long input = 0;
      for (; times.size() * length < wanted - 1e-9 && (times.size() * length < LEAST || all < seconds); row += piece) {
        long from = System.nanoTime();
        Events queue = DirectRuns.queue(sites, drive, row, row + piece, protocol.sample());
        input += System.nanoTime() - from;
        times.add(running.advance(queue, (row + piece) * protocol.sample()));
        all += times.getLast();
      }
      double median = times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
      double share = (double) cells / held;
      return new Cost(name, cells, held, times.size() * length, median * times.size() * share, build * share, input / 1e9 * share);
    }
  }

  /** A device's populations. */
  private record Ours(IntFunction<Population> populations, CompiledCell cell) implements Engine {
    @Override
    public double warmUp() {
      return WARM_UP;
    }

    @Override
    public Running begin(int cells, Supplier<Events> events) {
      return new OfPopulation(populations.apply(cells), cell);
    }
  }

  /** A population of ours; its slots are found by the names that the cell's have. */
  private static final class OfPopulation implements Running {
    private final Population population;
    private final int[] slot;

    OfPopulation(Population population, CompiledCell cell) {
      this.population = population;
      slot = new int[cell.slots().size()];
      Arrays.fill(slot, -1);
      var own = cell.slots().stream().collect(Collectors.toMap(Slot::name, Slot::index));
      population.slots().forEach(s -> {
        if (own.containsKey(s.name())) {
          slot[own.get(s.name())] = s.index();
        }
      });
    }

    @Override
    public double advance(Events due, double until) {
      var queue = new Events();
      for (int i = 0; i < due.size(); i++) {
        queue.add(due.time(i), due.cell(i), slot[due.slot(i)], due.weight(i));
      }
      long from = System.nanoTime();
      population.advance(queue, until, new Spikes());
      return (System.nanoTime() - from) / 1e9;
    }

    @Override
    public void close() {
      population.close();
    }
  }
}
