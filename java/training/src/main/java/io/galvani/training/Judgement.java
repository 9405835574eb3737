package io.galvani.training;

import io.galvani.InputException;
import io.galvani.Probe;
import io.galvani.cable.CableOptions;
import io.galvani.cell.CompiledCell;
import io.galvani.device.Device;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.trace.ClosedLoopScores;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.trace.TraceScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/** Scores surrogates on runs of a protocol that nothing was chosen by, against the direct engine in float64 with exact rates. */
public final class Judgement {
  /** Of the resamplings behind intervals. */
  private static final long SEED = 1;

  private final Protocol protocol;
  private final CompiledCell cell;
  private final CableOptions engine;
  private final int from;
  private final Device device;
  private final List<Protocol.Site> sites;
  private final Drive drive;
  private final Traces truth;

  /**
   * Runs the cell.
   *
   * @param use which of the protocol's runs
   * @param traces how many of them, the first ones; more than the protocol has are drawn from the same seed
   * @param progress told the ms of all runs that are done
   */
  public Judgement(Protocol protocol, Protocol.Use use, Device device, int traces, int threads, LongConsumer progress) {
    this(protocol, device, Drive.of(events(protocol, use, 0, traces)), protocol.warmupSamples(use), threads,
        row -> progress.accept((long) (row * protocol.sample() * traces)));
  }

  /**
   * Runs the cell under another drive than the protocol's.
   *
   * @param from the row that is scored first
   * @param progress told how many rows are done
   */
  Judgement(Protocol protocol, Device device, Drive drive, int from, int threads, IntConsumer progress) {
    this.protocol = protocol;
    this.device = device;
    this.drive = drive;
    this.from = from;
    cell = protocol.compile();
    engine = CableOptions.of(cell).threads(threads);
    sites = protocol.sites(cell);
    truth = new DirectRuns(protocol, cell, device, engine).run(drive, progress);
  }

  // Of traces from a number on.
  private static byte[][][] events(Protocol protocol, Protocol.Use use, int first, int traces) {
    var sites = protocol.sites(protocol.compile());
    byte[][][] events = new byte[traces][][];
    Arrays.setAll(events, t -> DirectRuns.draw(protocol, sites, use, first + t));
    return events;
  }

  /**
   * Runs the cell once more, with the input of other traces in the first half of the warm-up: by how much does it differ from itself if its
   * past does? What a surrogate gets wrong once, it is wrong about for as long.
   *
   * @param use that this judgement is about
   * @param progress told how many rows are done
   * @throws InputException if the protocol has no warm-up
   */
  public List<Run> twins(Protocol.Use use, IntConsumer progress) {
    if (from < 2) {
      throw new InputException(protocol.name(), "runs." + use, "there is no warm-up whose input could be another", "Give it one");
    }
    int traces = truth.count();
    byte[][][] events = events(protocol, use, 0, traces);
    byte[][][] others = events(protocol, use, traces, traces);
    for (int t = 0; t < traces; t++) {
      for (int c = 0; c < sites.size(); c++) {
        System.arraycopy(others[t][c], 0, events[t][c], 0, from / 2);
      }
    }
    var twin = new DirectRuns(protocol, cell, device, engine).run(Drive.of(events), progress);
    return IntStream.range(0, traces).mapToObj(t -> {
      double[] v = twin.output(t, 0, from);
      return new Run(truth.output(t, 0, from), v, v, truth.spikeTimes(t, from, protocol.sample()),
          twin.spikeTimes(t, from, protocol.sample()), v);
    }).toList();
  }

  /** Scores runs. */
  public List<Score> scores(List<Run> runs) {
    return ClosedLoopScores.of(runs, protocol.sample(), SEED);
  }

  /**
   * What a surrogate made of the input.
   *
   * @param runs beside the cell's
   * @param others dendritic voltages, currents and what else the protocol records, as far as the surrogate has outputs for them
   */
  public record Outcome(List<Run> runs, List<Fit> others) {}

  /**
   * How well a surrogate says what else is recorded.
   *
   * @param name of it in the protocol
   * @param probe of it
   * @param explained share of the variance, of all runs as one
   * @param correlation Pearson's, likewise
   */
  public record Fit(String name, Probe probe, double explained, double correlation) {
    /** Its name and probe. */
    public String quantity() {
      return name + ", " + probe;
    }
  }

  /**
   * Runs a surrogate, in closed loop from its own start, the warm-up left out.
   *
   * @param name of it, for errors
   * @throws InputException if it is not one of the protocol's cell
   */
  public Outcome judge(Surrogate surrogate, String name, SurrogateOptions options) {
    if (surrogate.sample() != protocol.sample()) {
      throw new InputException(name, null, "has samples of " + surrogate.sample() + " ms, and the protocol " + protocol.name() + " of "
          + protocol.sample() + " ms", "Write a protocol of its own");
    }
    var heads = Heads.of(surrogate, name, protocol.outputs().values().iterator().next());
    SpikeRule rule = surrogate.spikes().orElseThrow(() -> new InputException(name, null, "does not say when it spikes",
        "Describe 'spikes'"));
    double[][][] predicted = ClosedLoop.run(surrogate, drive, sites, device, options);
    return new Outcome(ClosedLoop.runs(truth, predicted, from, protocol.sample(), rule, heads), others(surrogate, predicted));
  }

  /** As {@link #judge}, of the voltage and its spikes alone. */
  public List<Run> runs(Surrogate surrogate, String name, SurrogateOptions options) {
    return judge(surrogate, name, options).runs();
  }

  private List<Fit> others(Surrogate surrogate, double[][][] predicted) {
    var probes = surrogate.outputs().stream().map(o -> o.probe().toString()).toList();
    var names = List.copyOf(protocol.outputs().keySet());
    var fits = new ArrayList<Fit>();
    for (int o = 1; o < names.size(); o++) {
      int recorded = o;
      Probe probe = protocol.outputs().get(names.get(o));
      int output = probes.indexOf(probe.toString());
      if (output >= 0) {
        double[] its = joined(t -> truth.output(t, recorded, from));
        double[] ours = joined(t -> Arrays.copyOfRange(predicted[t][output], from, predicted[t][output].length));
        fits.add(new Fit(names.get(o), probe, TraceScores.explainedVariance(its, ours), TraceScores.correlation(its, ours)));
      }
    }
    return fits;
  }

  private double[] joined(IntFunction<double[]> run) {
    return IntStream.range(0, truth.count()).mapToObj(run).flatMapToDouble(Arrays::stream).toArray();
  }

  /** The true voltage of a run in mV, the warm-up left out. */
  double[] voltage(int run) {
    return truth.output(run, 0, from);
  }

  /** Number of true spikes that are scored. */
  public int spikes() {
    int n = 0;
    for (int t = 0; t < truth.count(); t++) {
      n += truth.spikeTimes(t, from, protocol.sample()).length;
    }
    return n;
  }
}
