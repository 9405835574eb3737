package io.galvani.training;

import io.galvani.device.Device;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.TraceScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What becomes of a surrogate under input that it was not trained on, beside its cell: the experiments of Oláh, Pedersen and Rowan 2022
 * (eLife 79535), and their numbers, which are of a point cell.
 */
public final class Generalisation {
  /** µS: weights of single events, 0.1 to 3.5 nS as in the paper. */
  private static final double WEIGHT_STEP = 1e-4;
  private static final int WEIGHTS = 35;
  /** ms of rest before a single event, and that are watched after it. */
  private static final int BEFORE = 200;
  private static final int AFTER = 60;
  /** SD of random weights, of the slot's own. */
  private static final double WEIGHT_SD = 0.2;
  /** Synapses of a site that has several, each with its part of the weight. */
  private static final int SYNAPSES = 4;
  /** Share of all events that come at once at all sites, and how often they do, in 1/s. */
  private static final double TOGETHER = 0.3;
  private static final double VOLLEYS = 10;
  /** Points of a curve of firing rates. */
  private static final int LEVELS = 8;
  private static final List<String> SCORES = List.of("explained_variance", "correlation", "precision_5ms", "recall_5ms");

  /**
   * A number.
   *
   * @param experiment what was changed
   * @param quantity what was measured
   * @param unit of the numbers; empty: a share, 1 being all
   * @param cell that of the cell; NaN where it is about how far both agree
   * @param surrogate that of the surrogate
   * @param paper that of the paper's surrogate, and of its cell
   */
  public record Finding(String experiment, String quantity, String unit, double cell, double surrogate, String paper) {}

  /**
   * A curve of both.
   *
   * @param title what was changed
   * @param x what by, with its unit
   * @param y what was measured, with its unit
   * @param at each x
   * @param cell y of the cell
   * @param surrogate y of the surrogate
   */
  public record Curve(String title, String x, String y, double[] at, double[] cell, double[] surrogate) {}

  private final Protocol protocol;
  private final Surrogate surrogate;
  private final String name;
  private final Device device;
  private final int runs;
  private final int threads;
  private final Consumer<String> progress;
  private final List<Protocol.Site> sites;
  private final List<Finding> findings = new ArrayList<>();
  private final List<Curve> curves = new ArrayList<>();

  /**
   * @param protocol whose cell and input are changed
   * @param name of the surrogate, for errors
   * @param runs of each experiment
   * @param progress told what is next
   */
  public Generalisation(Protocol protocol, Surrogate surrogate, String name, Device device, int runs, int threads,
      Consumer<String> progress) {
    this.protocol = protocol;
    this.surrogate = surrogate;
    this.name = name;
    this.device = device;
    this.runs = runs;
    this.threads = threads;
    this.progress = progress;
    sites = protocol.sites(protocol.compile());
  }

  /** What was found so far, in order. */
  public List<Finding> findings() {
    return findings;
  }

  /** The curves so far, in order. */
  public List<Curve> curves() {
    return curves;
  }

  /** All experiments with the input. */
  public void input() {
    scored("as in training", new Judgement(protocol, Protocol.Use.TEST, device, runs, threads, ms -> { }), Map.of(
        "explained_variance", "78.9 ± 6.7", "precision_5ms", "83.9 ± 16.9", "recall_5ms", "90.9 ± 12.1", "correlation", "76.8 ± 10.0"));
    weights();
    scored("random weights, SD " + percent(WEIGHT_SD), judged(this::randomWeights),
        Map.of("correlation", "81", "precision_5ms", "69.4 ± 22.4", "recall_5ms", "91.0 ± 16.0"));
    scored(SYNAPSES + " synapses a site, each with its part of the weight", judged(this::several), Map.of());
    scored(percent(TOGETHER) + " of the events at once at all sites", judged(this::together), Map.of());
    boolean[] inhibitory = inhibitory();
    firing("E:I 2:1", inhibitory, 0.5, "R² 0.996 of the fit");
    firing("E:I 1:2", inhibitory, 2, "R² 0.90 of the fit");
  }

  private static String percent(double share) {
    return Math.round(100 * share) + " %";
  }

  // ---- single events -------------------------------------------------------------------------------------------------

  private void weights() {
    progress.accept("weights of single events");
    double own = sites.getFirst().slot().weight();
    float[][][] amounts = new float[WEIGHTS][sites.size()][rows(BEFORE) + rows(AFTER)];
    double[] nanosiemens = new double[WEIGHTS];
    for (int w = 0; w < WEIGHTS; w++) {
      nanosiemens[w] = (w + 1) * WEIGHT_STEP * 1000;
      amounts[w][0][rows(BEFORE)] = (float) ((w + 1) * WEIGHT_STEP / own);
    }
    var judgement = new Judgement(protocol, device, Drive.of(amounts), rows(BEFORE) - 1, threads, row -> { });
    var all = run(judgement, surrogate, name);
    double[] cell = all.stream().mapToDouble(r -> rise(r.truth())).toArray();
    double[] ours = all.stream().mapToDouble(r -> rise(r.predicted())).toArray();
    curves.add(new Curve("Single events", "weight, nS", "highest voltage above rest, mV", nanosiemens, cell, ours));
    int[] quiet = IntStream.range(0, WEIGHTS)
        .filter(w -> all.get(w).trueSpikes().length == 0 && all.get(w).predictedSpikes().length == 0).toArray();
    double[] x = Arrays.stream(quiet).mapToDouble(w -> nanosiemens[w]).toArray();
    double[] a = Arrays.stream(quiet).mapToDouble(w -> cell[w]).toArray();
    double[] b = Arrays.stream(quiet).mapToDouble(w -> ours[w]).toArray();
    add("weights 0.1 to 3.5 nS", "r of amplitudes", "", Double.NaN, TraceScores.correlation(a, b), "99");
    add("weights 0.1 to 3.5 nS", "slope of amplitudes", "mV/nS", slope(x, a), slope(x, b), "22.2 (cell 23.3), their units");
    add("weights 0.1 to 3.5 nS", "largest amplitude without a spike", "mV", Arrays.stream(a).max().orElse(Double.NaN),
        Arrays.stream(b).max().orElse(Double.NaN), "threshold −58.0 (cell −56.6)");
  }

  private static double rise(double[] v) {
    return Arrays.stream(v).max().orElseThrow() - v[0];
  }

  private static double slope(double[] x, double[] y) {
    double mx = Arrays.stream(x).average().orElse(Double.NaN);
    double my = Arrays.stream(y).average().orElse(Double.NaN);
    double xy = 0;
    double xx = 0;
    for (int i = 0; i < x.length; i++) {
      xy += (x[i] - mx) * (y[i] - my);
      xx += (x[i] - mx) * (x[i] - mx);
    }
    return xy / xx;
  }

  // Of each site, whether its events lower the voltage of the cell at rest.
  private boolean[] inhibitory() {
    float[][][] amounts = new float[sites.size()][sites.size()][rows(BEFORE) + rows(AFTER)];
    for (int s = 0; s < sites.size(); s++) {
      amounts[s][s][rows(BEFORE)] = 1;
    }
    var judgement = new Judgement(protocol, device, Drive.of(amounts), rows(BEFORE) - 1, threads, row -> { });
    boolean[] lowers = new boolean[sites.size()];
    for (int s = 0; s < lowers.length; s++) {
      double[] v = judgement.voltage(s);
      lowers[s] = Arrays.stream(v).average().orElseThrow() < v[0];
    }
    return lowers;
  }

  private int rows(double ms) {
    return (int) Math.ceil(ms / protocol.sample());
  }

  // ---- other input ---------------------------------------------------------------------------------------------------

  /** Makes the input of one run, [channel][row]. */
  private interface Maker {
    float[][] of(double scale, SplittableRandom random);
  }

  private Judgement judged(Maker maker) {
    var random = new SplittableRandom(protocol.runs().get(Protocol.Use.TEST).seed());
    float[][][] amounts = new float[runs][][];
    Arrays.setAll(amounts, t -> {
      var its = random.split();
      return maker.of(protocol.scale().at(its.nextDouble()), its);
    });
    return new Judgement(protocol, device, Drive.of(amounts), protocol.warmupSamples(Protocol.Use.TEST), threads, row -> { });
  }

  private float[][] made(ToDoubleFunction<Protocol.Site> rate, SplittableRandom random, ToDoubleFunction<SplittableRandom> weight) {
    float[][] amounts = new float[sites.size()][protocol.samples(Protocol.Use.TEST)];
    for (int s = 0; s < amounts.length; s++) {
      double mean = rate.applyAsDouble(sites.get(s)) * protocol.sample() / 1000;
      for (int r = 0; r < amounts[s].length; r++) {
        for (int k = poisson(mean, random); k > 0; k--) {
          amounts[s][r] += (float) weight.applyAsDouble(random);
        }
      }
    }
    return amounts;
  }

  // Knuth's: products of even numbers; the mean is small.
  private static int poisson(double mean, SplittableRandom random) {
    double limit = Math.exp(-mean);
    int k = 0;
    for (double p = random.nextDouble(); p > limit; p *= random.nextDouble()) {
      k++;
    }
    return k;
  }

  private float[][] randomWeights(double scale, SplittableRandom random) {
    return made(s -> s.rate() * scale, random, r -> Math.max(0, 1 + WEIGHT_SD * r.nextGaussian()));
  }

  private float[][] several(double scale, SplittableRandom random) {
    return made(s -> SYNAPSES * s.rate() * scale, random, r -> 1.0 / SYNAPSES);
  }

  private float[][] together(double scale, SplittableRandom random) {
    float[][] amounts = made(s -> (1 - TOGETHER) * s.rate() * scale, random, r -> 1);
    double often = VOLLEYS * protocol.sample() / 1000;
    for (int r = 0; r < amounts[0].length; r++) {
      if (random.nextDouble() < often) {
        for (int s = 0; s < amounts.length; s++) {
          amounts[s][r] += poisson(TOGETHER * sites.get(s).rate() * scale / VOLLEYS, random);
        }
      }
    }
    return amounts;
  }

  private void scored(String experiment, Judgement judgement, Map<String, String> paper) {
    progress.accept(experiment);
    scores(experiment, judgement, run(judgement, surrogate, name), paper);
  }

  private void scores(String experiment, Judgement judgement, List<Run> all, Map<String, String> paper) {
    judgement.scores(all).stream().filter(s -> SCORES.contains(s.key()))
        .forEach(s -> add(experiment, s.name(), s.unit(), Double.NaN, s.pooled(), paper.getOrDefault(s.key(), "")));
    add(experiment, "firing rate", "Hz", rate(all, Run::trueSpikes), rate(all, Run::predictedSpikes), "");
  }

  private double rate(List<Run> all, Function<Run, double[]> spikes) {
    return all.stream().mapToInt(r -> spikes.apply(r).length).sum()
        / (all.size() * all.getFirst().truth().length * protocol.sample() / 1000);
  }

  // ---- curves of firing rates ----------------------------------------------------------------------------------------

  // Inhibitory events as many times the excitatory ones as said, summed over sites.
  private void firing(String experiment, boolean[] inhibitory, double ratio, String paper) {
    progress.accept(experiment);
    double excitation = sum(inhibitory, false);
    double inhibition = sum(inhibitory, true);
    if (excitation == 0 || inhibition == 0) {
      return;
    }
    double factor = ratio * excitation / inhibition;
    int each = Math.max(1, runs / LEVELS);
    double[] rates = new double[LEVELS];
    var random = new SplittableRandom(protocol.runs().get(Protocol.Use.TEST).seed() + Math.round(10 * ratio));
    float[][][] amounts = new float[LEVELS * each][][];
    for (int l = 0; l < LEVELS; l++) {
      double scale = protocol.scale().to() * (l + 1) / LEVELS;
      rates[l] = excitation * scale;
      for (int i = 0; i < each; i++) {
        amounts[l * each + i] = made(s -> s.rate() * scale * (inhibitory[sites.indexOf(s)] ? factor : 1), random, r -> 1);
      }
    }
    var all = run(new Judgement(protocol, device, Drive.of(amounts), protocol.warmupSamples(Protocol.Use.TEST), threads, row -> { }),
        surrogate, name);
    double[] cell = new double[LEVELS];
    double[] ours = new double[LEVELS];
    for (int l = 0; l < LEVELS; l++) {
      cell[l] = rate(all.subList(l * each, (l + 1) * each), Run::trueSpikes);
      ours[l] = rate(all.subList(l * each, (l + 1) * each), Run::predictedSpikes);
    }
    curves.add(new Curve(experiment, "excitatory events, 1/s", "firing rate, Hz", rates, cell, ours));
    add(experiment, "R² of the firing curve", "", Double.NaN, TraceScores.explainedVariance(cell, ours), paper);
    add(experiment, "firing rate at the most input", "Hz", cell[LEVELS - 1], ours[LEVELS - 1], "");
  }

  private double sum(boolean[] inhibitory, boolean which) {
    return IntStream.range(0, sites.size()).filter(s -> inhibitory[s] == which).mapToDouble(s -> sites.get(s).rate()).sum();
  }

  // ---- another cell --------------------------------------------------------------------------------------------------

  /**
   * A changed cell: what the surrogate is worth of it, and what one is that was fitted to it; by how much both move the voltage.
   *
   * @param cell that takes the place of the protocol's, as {@link io.galvani.cell.Cells#load} takes it
   * @param transferred fitted to it
   * @param itsName for errors
   */
  public void changed(String cell, Surrogate transferred, String itsName) {
    String experiment = "cell " + cell.replaceFirst(".*/", "");
    progress.accept(experiment);
    var before = new Judgement(protocol, Protocol.Use.TEST, device, runs, threads, ms -> { });
    var after = new Judgement(protocol.on(cell), Protocol.Use.TEST, device, runs, threads, ms -> { });
    scores(experiment + ", not fitted", after, run(after, surrogate, name), Map.of());
    var fitted = run(after, transferred, itsName);
    scores(experiment + ", fitted", after, fitted, Map.of());
    var original = run(before, surrogate, name);
    double split = median(original.stream().flatMapToDouble(r -> Arrays.stream(r.truth())).toArray());
    for (boolean below : new boolean[] {true, false}) {
      add(experiment + ", fitted", String.format("the voltage moves, where it was %s %.0f mV, by", below ? "below" : "above", split), "mV",
          moved(original, fitted, Run::truth, split, below), moved(original, fitted, Run::predicted, split, below),
          below ? "−0.13 (cell −0.11) and −0.01 (0.01), by their measure" : "−0.40 (cell −0.22) and 0.35 (0.20), by their measure");
    }
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static double moved(List<Run> from, List<Run> to, Function<Run, double[]> voltage, double split,
      boolean below) {
    double sum = 0;
    long n = 0;
    for (int r = 0; r < from.size(); r++) {
      double[] a = voltage.apply(from.get(r));
      double[] b = voltage.apply(to.get(r));
      for (int i = 0; i < a.length; i++) {
        if (a[i] < split == below) {
          sum += b[i] - a[i];
          n++;
        }
      }
    }
    return sum / n;
  }

  private List<Run> run(Judgement judgement, Surrogate of, String itsName) {
    return judgement.runs(of, itsName, SurrogateOptions.DEFAULT.threads(threads));
  }

  private void add(String experiment, String quantity, String unit, double cell, double ours, String paper) {
    findings.add(new Finding(experiment, quantity, unit, cell, ours, paper));
  }
}
