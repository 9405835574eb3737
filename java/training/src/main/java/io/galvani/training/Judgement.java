package io.galvani.training;

import io.galvani.InputException;
import io.galvani.cable.CableOptions;
import io.galvani.device.Device;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.trace.ClosedLoopScores;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.ClosedLoopScores.Score;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.LongConsumer;

/** Scores surrogates on runs of a protocol that nothing was chosen by, against the direct engine in float64 with exact rates. */
public final class Judgement {
  /** Of the resamplings behind intervals. */
  private static final long SEED = 1;

  private final Protocol protocol;
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
    this(protocol, device, drive(protocol, use, traces), protocol.warmupSamples(use), threads,
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
    var cell = protocol.compile();
    sites = protocol.sites(cell);
    truth = new DirectRuns(protocol, cell, device, CableOptions.of(cell).threads(threads)).run(drive, progress);
  }

  private static Drive drive(Protocol protocol, Protocol.Use use, int traces) {
    var sites = protocol.sites(protocol.compile());
    byte[][][] events = new byte[traces][][];
    Arrays.setAll(events, t -> DirectRuns.draw(protocol, sites, use, t));
    return Drive.of(events);
  }

  /** Scores runs. */
  public List<Score> scores(List<Run> runs) {
    return ClosedLoopScores.of(runs, protocol.sample(), SEED);
  }

  /**
   * Runs a surrogate, in closed loop from its own start, the warm-up left out.
   *
   * @param name of it, for errors
   * @throws InputException if it is not one of the protocol's cell
   */
  public List<Run> runs(Surrogate surrogate, String name, SurrogateOptions options) {
    if (surrogate.sample() != protocol.sample()) {
      throw new InputException(name, null, "has samples of " + surrogate.sample() + " ms, and the protocol " + protocol.name() + " of "
          + protocol.sample() + " ms", "Write a protocol of its own");
    }
    var heads = Heads.of(surrogate, name, protocol.outputs().values().iterator().next());
    SpikeRule rule = surrogate.spikes().orElseThrow(() -> new InputException(name, null, "does not say when it spikes",
        "Describe 'spikes'"));
    double[][][] predicted = ClosedLoop.run(surrogate, drive, sites, device, options);
    return ClosedLoop.runs(truth, predicted, from, protocol.sample(), rule, heads);
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
