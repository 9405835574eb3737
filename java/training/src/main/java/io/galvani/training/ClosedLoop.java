package io.galvani.training;

import io.galvani.Recording;
import io.galvani.Spikes;
import io.galvani.device.Device;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.trace.ClosedLoopScores;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.SpikeMatching;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Surrogates under the very input of true runs, from their own start on, and what is to be scored of both. */
public final class ClosedLoop {
  /** ms without another spike after one, from which the best are chosen: what is left of a peak is none. */
  private static final List<Double> REFRACTORY = List.of(2.0, 4.0, 6.0);
  /** ms within which spikes count when a rule is chosen: as many as can be, where they should be. */
  private static final List<Double> TUNED_WITHIN = List.of(1.0, ClosedLoopScores.TOLERANCE);

  /** Fine steps of a threshold in a coarse one. */
  private static final int COARSE = 5;

  private ClosedLoop() {}

  /**
   * Runs a surrogate.
   *
   * @return its outputs in their units, [trace][output][row]
   */
  public static double[][][] run(Surrogate surrogate, Traces truth, List<Protocol.Site> sites, Device device, SurrogateOptions options) {
    return run(surrogate, Drive.of(EventCounts.dense(truth.events())), sites, device, options);
  }

  /** As the other one, of what need not be whole events. */
  static double[][][] run(Surrogate surrogate, Drive drive, List<Protocol.Site> sites, Device device, SurrogateOptions options) {
    int cells = drive.cells();
    var driven = DirectRuns.on(surrogate.slots().stream().map(i -> i.slot()).toList(), sites, surrogate.name());
    double[][][] outputs = new double[cells][surrogate.outputs().size()][];
    try (var population = device.population(surrogate, options.cells(cells))) {
      var recordings = new ArrayList<Recording>();
      surrogate.outputs().forEach(o -> recordings.add(population.record(o.probe(), 1)));
      recordings.forEach(Recording::drain);
      population.advance(DirectRuns.queue(driven, drive, 0, drive.rows(), surrogate.sample()), drive.rows() * surrogate.sample(),
          new Spikes());
      for (int o = 0; o < recordings.size(); o++) {
        double[][] samples = recordings.get(o).drain();
        for (int c = 0; c < cells; c++) {
          outputs[c][o] = samples[c];
        }
      }
    }
    return outputs;
  }

  /**
   * What is to be scored, from a row on.
   *
   * @param predicted outputs in their units, [trace][output][row]
   * @param heads of them; where none says how probable a spike is, the voltage does
   */
  static List<Run> runs(Traces truth, double[][][] predicted, int from, double sample, SpikeRule rule, Heads heads) {
    var runs = new ArrayList<Run>();
    for (int t = 0; t < truth.count(); t++) {
      double begin = from * sample;
      double[] spikes = Arrays.stream(rule.spikes(predicted[t][rule.output()], sample)).filter(s -> s >= begin).map(s -> s - begin)
          .toArray();
      runs.add(new Run(truth.output(t, 0, from), rest(predicted[t][heads.voltage()], from), rest(predicted[t][heads.below()], from),
          truth.spikeTimes(t, from, sample), spikes, rest(predicted[t][heads.spike() < 0 ? heads.voltage() : heads.spike()], from)));
    }
    return runs;
  }

  private static double[] rest(double[] values, int from) {
    return Arrays.copyOfRange(values, from, values.length);
  }

  /**
   * The rule that finds the spikes best, by the lesser of precision and recall, so that there are neither too many nor too few, in the mean
   * of 1 and 5 ms: peaks of the voltage or of the spike score, above the best of some thresholds, after the best of some times without.
   *
   * @param predicted [trace][output][row], of runs that are not scored afterwards
   */
  static SpikeRule tune(Traces truth, double[][][] predicted, Heads heads, int from, double sample) {
    ToDoubleFunction<SpikeRule> found = rule -> found(runs(truth, predicted, from, sample, rule, heads));
    var coarse = new ArrayList<SpikeRule>();
    for (int output : heads.spike() < 0 ? new int[] {heads.voltage()} : new int[] {heads.voltage(), heads.spike()}) {
      double lowest = output == heads.voltage() ? -50 : -6;
      for (int i = 0; i <= 40; i++) {
        for (double refractory : REFRACTORY) {
          coarse.add(peaks(output, lowest + i * COARSE / steps(output, heads), refractory));
        }
      }
    }
    SpikeRule near = best(coarse, found);
    double steps = steps(near.output(), heads);
    return best(IntStream.range(1 - COARSE, COARSE).boxed().sorted(Comparator.comparingInt(Math::abs)) // of equals the nearest
        .map(i -> peaks(near.output(), (Math.rint(near.threshold() * steps) + i) / steps, near.refractory())).toList(), found);
  }

  private static SpikeRule peaks(int output, double threshold, double refractory) {
    return new SpikeRule(output, SpikeRule.Kind.PEAK, threshold, refractory);
  }

  // Steps of a threshold in a mV, or in a unit of the spike score.
  private static double steps(int output, Heads heads) {
    return output == heads.voltage() ? 2 : 20;
  }

  // The first of the best; of rules that find nothing, where there is no precision, the first.
  private static SpikeRule best(List<SpikeRule> rules, ToDoubleFunction<SpikeRule> found) {
    SpikeRule best = rules.getFirst();
    double most = Double.NEGATIVE_INFINITY;
    for (var rule : rules) {
      double of = found.applyAsDouble(rule);
      if (of > most) {
        most = of;
        best = rule;
      }
    }
    return best;
  }

  private static double found(List<Run> runs) {
    return TUNED_WITHIN.stream().mapToDouble(within -> {
      var all = SpikeMatching.pooled(runs.stream().map(r -> SpikeMatching.oneToOne(r.trueSpikes(), r.predictedSpikes(), within)).toList());
      return Math.min(all.precision(), all.recall());
    }).average().orElseThrow();
  }
}
