package io.galvani.training;

import io.galvani.Recording;
import io.galvani.Spikes;
import io.galvani.device.Device;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.SpikeMatching;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Surrogates under the very input of true runs, from their own start on, and what is to be scored of both. */
public final class ClosedLoop {
  /** ms without another spike after one: what is left of its peak is none. */
  private static final double REFRACTORY = 2;
  /** ms within which spikes count when a threshold is chosen. */
  private static final double TUNED_WITHIN = 1;

  private ClosedLoop() {}

  /**
   * Runs a surrogate.
   *
   * @return its outputs in their units, [trace][output][row]
   */
  public static double[][][] run(Surrogate surrogate, Traces truth, List<Protocol.Site> sites, Device device, SurrogateOptions options) {
    int cells = truth.count();
    var driven = DirectRuns.on(surrogate.slots().stream().map(i -> i.slot()).toList(), sites, surrogate.name());
    double[][][] outputs = new double[cells][surrogate.outputs().size()][];
    try (var population = device.population(surrogate, options.cells(cells))) {
      var recordings = new ArrayList<Recording>();
      surrogate.outputs().forEach(o -> recordings.add(population.record(o.probe(), 1)));
      recordings.forEach(Recording::drain);
      population.advance(DirectRuns.queue(driven, truth.events(), 0, truth.rows(), surrogate.sample()), truth.rows() * surrogate.sample(),
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
   * @param voltage index of the output that stands for the true voltage
   * @param score index of the output that says how probable a spike is; −1: none
   */
  static List<Run> runs(Traces truth, double[][][] predicted, int from, double sample, SpikeRule rule, int voltage, int score) {
    var runs = new ArrayList<Run>();
    for (int t = 0; t < truth.count(); t++) {
      double begin = from * sample;
      double[] spikes = Arrays.stream(rule.spikes(predicted[t][rule.output()], sample)).filter(s -> s >= begin).map(s -> s - begin)
          .toArray();
      runs.add(new Run(truth.output(t, 0, from), rest(predicted[t][voltage], from), truth.spikeTimes(t, from, sample), spikes,
          score < 0 ? new double[0] : rest(predicted[t][score], from)));
    }
    return runs;
  }

  private static double[] rest(double[] values, int from) {
    return Arrays.copyOfRange(values, from, values.length);
  }

  /**
   * The rule that finds the spikes best, by F1 within 1 ms: peaks of the voltage or of the spike score, above the best of some thresholds.
   *
   * @param predicted [trace][output][row], of runs that are not scored afterwards
   * @param quantities of the outputs: {@code v}, {@code spike}; others are not looked at
   */
  static SpikeRule tune(Traces truth, double[][][] predicted, List<String> quantities, int from, double sample) {
    SpikeRule best = null;
    double most = -1;
    for (int output = 0; output < predicted[0].length; output++) {
      boolean voltage = quantities.get(output).equals("v");
      double lowest = voltage ? -50 : -6;
      double step = voltage ? 2.5 : 0.5;
      for (int i = 0; i <= 20 && (voltage || quantities.get(output).equals("spike")); i++) {
        var rule = new SpikeRule(output, SpikeRule.Kind.PEAK, lowest + i * step, REFRACTORY);
        var matched = runs(truth, predicted, from, sample, rule, 0, -1).stream()
            .map(r -> SpikeMatching.oneToOne(r.trueSpikes(), r.predictedSpikes(), TUNED_WITHIN)).toList();
        double f1 = SpikeMatching.pooled(matched).f1();
        if (f1 > most) {
          most = f1;
          best = rule;
        }
      }
    }
    return best == null ? new SpikeRule(0, SpikeRule.Kind.PEAK, 0, REFRACTORY) : best;
  }
}
