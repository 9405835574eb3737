package io.galvani.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** All scores of runs in closed loop, each pooled over the runs, over the single runs, and with an interval. */
public final class ClosedLoopScores {
  /** ms by which the true spikes are shifted to learn what is hit by chance. */
  public static final double CHANCE_SHIFT = 250;
  /** ms within which spikes count for targets. */
  public static final double TOLERANCE = 5;

  private static final double[] TOLERANCES = {1, TOLERANCE, 10};
  private static final double LEVEL = 0.95;
  private static final int RESAMPLINGS = 1000;

  /**
   * One run. Times are ms since its first sample.
   *
   * @param truth true voltage in mV at each sample
   * @param predicted predicted voltage in mV at each sample
   * @param below predicted voltage in mV as far as it is about what lies below spikes; the same, unless a predictor has one of its own
   * @param trueSpikes ascending
   * @param predictedSpikes ascending
   * @param spikeScore the higher, the more probable a spike at that sample; empty if the predictor has none
   */
  public record Run(double[] truth, double[] predicted, double[] below, double[] trueSpikes, double[] predictedSpikes,
      double[] spikeScore) {
    /** @throws IllegalArgumentException unless there is one value a sample */
    public Run {
      if (predicted.length != truth.length || below.length != truth.length || spikeScore.length != 0 && spikeScore.length != truth.length) {
        throw new IllegalArgumentException(predicted.length + " voltages and " + spikeScore.length + " spike scores of " + truth.length
            + " samples");
      }
    }

    /** Of a predictor of one voltage. */
    public Run(double[] truth, double[] predicted, double[] trueSpikes, double[] predictedSpikes, double[] spikeScore) {
      this(truth, predicted, predicted, trueSpikes, predictedSpikes, spikeScore);
    }

    /** What of it lies from one sample on and before another, as a run of its own. */
    public Run part(int from, int to, double sample) {
      return new Run(Arrays.copyOfRange(truth, from, to), Arrays.copyOfRange(predicted, from, to), Arrays.copyOfRange(below, from, to),
          part(trueSpikes, from * sample, to * sample), part(predictedSpikes, from * sample, to * sample),
          spikeScore.length == 0 ? spikeScore : Arrays.copyOfRange(spikeScore, from, to));
    }

    private static double[] part(double[] spikes, double from, double to) {
      return Arrays.stream(spikes).filter(t -> t >= from && t < to).map(t -> t - from).toArray();
    }
  }

  /**
   * A score.
   *
   * @param key stable, such as {@code explained_variance}
   * @param name for people
   * @param unit {@code mV}, {@code ms}, {@code Hz}; empty: a share, 1 being all
   * @param pooled of all runs as one
   * @param mean of the scores of single runs, without those that have none
   * @param sd standard deviation of these
   * @param interval of the pooled score, 95 %, from 1000 resamplings of the runs
   */
  public record Score(String key, String name, String unit, double pooled, double mean, double sd, Statistics.Interval interval) {}

  /**
   * A stretch of all runs.
   *
   * @param from ms since the first sample
   * @param to ms
   * @param clipped explained variance of the voltage clipped at −50 mV
   * @param spikes matched within 5 ms
   */
  public record Part(double from, double to, double clipped, SpikeMatching spikes) {}

  private final List<Run> runs;
  private final double sample;
  private final long seed;
  private final List<Score> scores = new ArrayList<>();

  private ClosedLoopScores(List<Run> runs, double sample, long seed) {
    this.runs = runs;
    this.sample = sample;
    this.seed = seed;
  }

  /**
   * Scores runs.
   *
   * @param runs one or more
   * @param sample ms
   * @param seed of the resamplings
   */
  public static List<Score> of(List<Run> runs, double sample, long seed) {
    if (runs.isEmpty()) {
      throw new IllegalArgumentException("no runs to score");
    }
    var s = new ClosedLoopScores(runs, sample, seed);
    s.voltage();
    s.spikes();
    return s.scores;
  }

  /**
   * Error against duration: runs cut into equal stretches, each scored over all runs.
   *
   * @param count of stretches
   * @param sample ms
   */
  public static List<Part> parts(List<Run> runs, int count, double sample) {
    int samples = runs.getFirst().truth.length;
    return IntStream.range(0, count).mapToObj(i -> {
      int from = samples * i / count;
      int to = samples * (i + 1) / count;
      var cut = runs.stream().map(r -> r.part(from, to, sample)).toList();
      double[] truth = cut.stream().flatMapToDouble(r -> Arrays.stream(r.truth)).toArray();
      double[] below = cut.stream().flatMapToDouble(r -> Arrays.stream(r.below)).toArray();
      return new Part(from * sample, to * sample, TraceScores.explainedVarianceClipped(truth, below, TraceScores.SUBTHRESHOLD),
          SpikeMatching.pooled(cut.stream().map(r -> SpikeMatching.oneToOne(r.trueSpikes, r.predictedSpikes, TOLERANCE)).toList()));
    }).toList();
  }

  private void voltage() {
    add("explained_variance", "explained variance", "", of(Run::predicted, TraceScores::explainedVariance));
    add("explained_variance_clipped", "explained variance, clipped at -50 mV", "",
        of(Run::below, (t, p) -> TraceScores.explainedVarianceClipped(t, p, TraceScores.SUBTHRESHOLD)));
    add("explained_variance_paper", "explained variance, both below -52.6 mV (paper)", "",
        of(Run::below, (t, p) -> TraceScores.explainedVarianceBelow(t, p, TraceScores.PAPER_LIMIT)));
    add("correlation", "Pearson r", "", of(Run::predicted, TraceScores::correlation));
    add("correlation_clipped", "Pearson r, clipped at -50 mV", "",
        of(Run::below, (t, p) -> TraceScores.correlationClipped(t, p, TraceScores.SUBTHRESHOLD)));
    add("mean_absolute_error", "mean absolute error", "mV", of(Run::predicted, TraceScores::meanAbsoluteError));
  }

  private void spikes() {
    for (double within : TOLERANCES) {
      var matched = matched(r -> SpikeMatching.oneToOne(r.trueSpikes, r.predictedSpikes, within));
      String key = "_" + (int) within + "ms";
      String name = " at ±" + (int) within + " ms";
      add("precision" + key, "precision" + name, "", i -> pooled(matched, i).precision());
      add("recall" + key, "recall" + name, "", i -> pooled(matched, i).recall());
      add("f1" + key, "F1" + name, "", i -> pooled(matched, i).f1());
    }
    var exact = matched(r -> SpikeMatching.oneToOne(r.trueSpikes, r.predictedSpikes, sample / 2));
    add("exact_bin", "spikes in the exact sample", "", i -> pooled(exact, i).recall());
    var close = matched(r -> SpikeMatching.oneToOne(r.trueSpikes, r.predictedSpikes, TOLERANCE));
    add("shift_mean", "shift of spikes, mean", "ms", i -> Statistics.mean(pooled(close, i).shifts()));
    add("shift_sd", "shift of spikes, SD", "ms",
        i -> pooled(close, i).hits() == 0 ? Double.NaN : Statistics.standardDeviation(pooled(close, i).shifts()));
    var paper = matched(r -> SpikeMatching.asInPaper(r.trueSpikes, r.predictedSpikes, TOLERANCE));
    add("precision_paper", "precision as the paper matches", "", i -> pooled(paper, i).precision());
    add("recall_paper", "recall as the paper matches", "", i -> pooled(paper, i).recall());
    var chance = matched(r -> SpikeMatching.oneToOne(r.trueSpikes,
        SpikeTrains.shifted(r.trueSpikes, CHANCE_SHIFT, r.truth.length * sample), TOLERANCE));
    add("recall_chance", "recall at ±5 ms by chance", "", i -> pooled(chance, i).recall());
    add("rate_error", "error of firing rates", "Hz", i -> Arrays.stream(i).mapToObj(runs::get)
        .mapToDouble(r -> Math.abs(r.predictedSpikes.length - r.trueSpikes.length) / (r.truth.length * sample / 1000)).average()
        .orElseThrow());
    if (runs.stream().allMatch(r -> r.spikeScore.length > 0)) {
      double all = auc(IntStream.range(0, runs.size()).toArray());
      double[] each = Statistics.numbers(IntStream.range(0, runs.size()).mapToDouble(i -> auc(new int[] {i})).toArray());
      // Of 1000 resamplings each would sort all samples; it is close to 1 and ranks nothing.
      scores.add(new Score("auc", "ROC AUC of the spike score", "", all, Statistics.mean(each), Statistics.standardDeviation(each),
          new Statistics.Interval(Double.NaN, Double.NaN)));
    }
  }

  private double auc(int[] of) {
    boolean[] spike = new boolean[Arrays.stream(of).map(i -> runs.get(i).truth.length).sum()];
    int from = 0;
    for (int i : of) {
      for (double t : runs.get(i).trueSpikes) {
        spike[from + (int) Math.rint(t / sample)] = true;
      }
      from += runs.get(i).truth.length;
    }
    return TraceScores.areaUnderCurve(joined(of, Run::spikeScore), spike);
  }

  // ---- over runs given by their indices ------------------------------------------------------------------------------

  private ToDoubleFunction<int[]> of(Function<Run, double[]> predicted, ToDoubleBiFunction<double[], double[]> score) {
    return i -> score.applyAsDouble(joined(i, Run::truth), joined(i, predicted));
  }

  private double[] joined(int[] of, Function<Run, double[]> column) {
    double[] all = new double[Arrays.stream(of).map(i -> column.apply(runs.get(i)).length).sum()];
    int n = 0;
    for (int i : of) {
      double[] one = column.apply(runs.get(i));
      System.arraycopy(one, 0, all, n, one.length);
      n += one.length;
    }
    return all;
  }

  private List<SpikeMatching> matched(Function<Run, SpikeMatching> matcher) {
    return runs.stream().map(matcher).toList();
  }

  private static SpikeMatching pooled(List<SpikeMatching> all, int[] of) {
    return SpikeMatching.pooled(Arrays.stream(of).mapToObj(all::get).toList());
  }

  private void add(String key, String name, String unit, ToDoubleFunction<int[]> statistic) {
    int[] all = IntStream.range(0, runs.size()).toArray();
    double[] each = Statistics.numbers(Arrays.stream(all).mapToDouble(i -> statistic.applyAsDouble(new int[] {i})).toArray());
    scores.add(new Score(key, name, unit, statistic.applyAsDouble(all), Statistics.mean(each), Statistics.standardDeviation(each),
        Statistics.bootstrap(runs.size(), statistic, LEVEL, RESAMPLINGS, seed)));
  }
}
