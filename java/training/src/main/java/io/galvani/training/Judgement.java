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
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** Scores surrogates on runs of a protocol that nothing was chosen by, against the direct engine in float64 with exact rates. */
public final class Judgement {
  /** Of the resamplings behind intervals. */
  private static final long SEED = 1;

  private final Protocol protocol;
  private final Protocol.Use use;
  private final Device device;
  private final List<Protocol.Site> sites;
  private final Traces truth;

  /**
   * Runs the cell.
   *
   * @param use which of the protocol's runs
   * @param traces how many of them, the first ones; more than the protocol has are drawn from the same seed
   * @param progress told the ms of all runs that are done
   */
  public Judgement(Protocol protocol, Protocol.Use use, Device device, int traces, int threads, LongConsumer progress) {
    this.protocol = protocol;
    this.use = use;
    this.device = device;
    var cell = protocol.compile();
    sites = protocol.sites(cell);
    truth = new DirectRuns(protocol, cell, device, CableOptions.of(cell).threads(threads)).run(use, 0, traces,
        row -> progress.accept((long) (row * protocol.sample() * traces)));
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
    var probe = protocol.outputs().values().iterator().next();
    var probes = new ArrayList<>(surrogate.outputs().stream().map(o -> o.probe().toString()).toList());
    int voltage = probes.indexOf(probe.toString());
    if (voltage < 0) {
      throw InputException.unknown(name, null, "output", probe.toString(), probes);
    }
    SpikeRule rule = surrogate.spikes().orElseThrow(() -> new InputException(name, null, "does not say when it spikes",
        "Describe 'spikes'"));
    int below = probes.indexOf(StreamingSurrogate.below(probe).toString());
    int score = surrogate.outputs().stream().map(o -> o.name()).toList().indexOf(StreamingSurrogate.SPIKE);
    double[][][] predicted = ClosedLoop.run(surrogate, truth, sites, device, options);
    return ClosedLoop.runs(truth, predicted, protocol.warmupSamples(use), protocol.sample(), rule, voltage,
        below < 0 ? voltage : below, score < 0 ? voltage : score);
  }

  /** Number of true spikes that are scored. */
  public int spikes() {
    int n = 0;
    for (int t = 0; t < truth.count(); t++) {
      n += truth.spikeTimes(t, protocol.warmupSamples(use), protocol.sample()).length;
    }
    return n;
  }
}
