package io.galvani.training;

import io.galvani.Events;
import io.galvani.Population;
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
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/** What engines cost: each is given the same input, that of a protocol's test runs, for many cells at once. */
public final class Comparison {
  /** ms that each run has at least, and that are integrated between two looks at the clock. */
  private static final double LEAST = 40;
  private static final double PIECE = 20;

  /**
   * What a run cost.
   *
   * @param engine by its name
   * @param cells how many
   * @param ms biological time that was timed
   * @param seconds wall time for these: the median of pieces of 20 ms, so many times, as what else a machine does is no cost of an engine
   * @param spikes of all cells meanwhile
   */
  public record Cost(String engine, int cells, double ms, double seconds, int spikes) {
    /** Wall seconds for a second of all cells. */
    public double perSecond() {
      return seconds / (ms / 1000);
    }

    /** Wall µs for a ms of one cell. */
    public double perCellAndMs() {
      return seconds * 1e6 / (ms * cells);
    }
  }

  private Comparison() {}

  /**
   * Times engines.
   *
   * @param surrogates by name
   * @param cells numbers of them
   * @param ms biological time of each run, if {@code seconds} suffice
   * @param seconds of wall time for each run, but for the first 40 ms
   * @param listener told each result
   */
  public static List<Cost> run(Protocol protocol, Map<String, Surrogate> surrogates, List<Integer> cells, double ms, double seconds,
      Device device, int threads, Consumer<Cost> listener) {
    var cell = protocol.compile();
    var costs = new ArrayList<Cost>();
    for (int n : cells) {
      var options = CableOptions.of(cell).cells(n).threads(threads);
      add(costs, listener, time("direct f64", protocol, cell, c -> device.population(cell, options), n, ms, seconds));
      var fast = options.precision(Precision.MIXED).rates(Rates.POLY);
      add(costs, listener, time("direct mixed, poly", protocol, cell, c -> device.population(cell, fast), n, ms, seconds));
      surrogates.forEach((name, s) -> add(costs, listener,
          time(name, protocol, cell, c -> device.population(s, SurrogateOptions.DEFAULT.cells(c).threads(threads)), n, ms, seconds)));
    }
    return costs;
  }

  private static void add(List<Cost> costs, Consumer<Cost> listener, Cost cost) {
    costs.add(cost);
    listener.accept(cost);
  }

  private static Cost time(String engine, Protocol protocol, CompiledCell cell, IntFunction<Population> build, int cells, double ms,
      double seconds) {
    try (Population population = build.apply(cells)) {
      var sites = DirectRuns.on(population.slots(), protocol.sites(cell), engine);
      byte[][][] events = new byte[cells][][];
      Arrays.setAll(events, c -> DirectRuns.draw(protocol, sites, Protocol.Use.TEST, c));
      int piece = (int) Math.max(1, PIECE / protocol.sample());
      double length = piece * protocol.sample();
      var spikes = new Spikes();
      var nanos = new ArrayList<Long>();
      long all = 0;
      for (int row = 0; nanos.size() * length < ms && (nanos.size() * length < LEAST || all < seconds * 1e9); row += piece) {
        Events queue = DirectRuns.queue(sites, Drive.of(events), row, row + piece, protocol.sample());
        long from = System.nanoTime();
        population.advance(queue, (row + piece) * protocol.sample(), spikes);
        long took = System.nanoTime() - from;
        if (row == 0) { // memory is touched, code is compiled
          spikes.clear();
          continue;
        }
        nanos.add(took);
        all += took;
      }
      double median = nanos.stream().mapToLong(n -> n).sorted().skip(nanos.size() / 2).findFirst().orElseThrow();
      return new Cost(engine, cells, nanos.size() * length, median * nanos.size() / 1e9, spikes.size());
    }
  }
}
