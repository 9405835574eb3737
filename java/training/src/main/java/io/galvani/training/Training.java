package io.galvani.training;

import io.galvani.InputException;
import io.galvani.io.AtomicFile;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.Surrogates;
import io.galvani.trace.SpikeMatching;
import io.galvani.trace.Statistics;
import io.galvani.trace.TraceScores;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Trains a streaming surrogate within a budget of time: updates, scores of validation runs in closed loop, a state on the disk every
 * minute.
 *
 * <p>Beside the surrogate there are {@code NAME.csv}, the learning curve, and, until it is done, {@code NAME.training}, from which a run
 * that was killed goes on.
 */
public final class Training {
  private static final double SAVE_EVERY = 60;  // s; more often in short budgets
  private static final int SAVES = 10;          // in a budget, at least
  private static final int VALIDATIONS = 30;    // likewise
  /** It ends when so much of the budget has not made it better: much, as the rate of learning falls, and with it the noise, at the end. */
  private static final double PATIENCE = 0.7;
  /** s; a process that was stopped meanwhile has not trained. */
  private static final double LONGEST_UPDATE = 10;

  /**
   * What is asked for.
   *
   * @param out the surrogate's file
   * @param budget s
   * @param seed of weights and order of data
   * @param threads that are used at most
   * @param resume goes on with what {@code NAME.training} holds
   * @param from a surrogate to begin with
   * @param sizes of the network
   * @param version of the programme
   */
  public record Options(Path out, double budget, long seed, int threads, boolean resume, Optional<Path> from, Sizes sizes,
      String version) {}

  /**
   * Sizes of a streaming network; null: what the cell's number of channels suggests.
   *
   * @param features traces of the events, or of mixtures of them
   * @param hidden units
   * @param memories that leak
   */
  public record Sizes(Integer features, Integer hidden, Integer memories) {
    /** As the cell suggests. */
    public static final Sizes DEFAULT = new Sizes(null, null, null);
  }

  /**
   * A point of the learning curve: validation runs in closed loop.
   *
   * @param seconds of training
   * @param updates of the weights
   * @param loss of training, mean square error in units of 20 mV, since the last point
   * @param pooled explained variance of all runs as one; where the protocol has a limit, of the voltage below it
   * @param mean explained variance of single runs
   * @param precision of spikes within 1 ms
   * @param recall likewise
   */
  public record Point(double seconds, long updates, double loss, double pooled, double mean, double precision, double recall) {
    /** By which the best weights are chosen. */
    double score() {
      double spikes = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
      return Double.isNaN(pooled) ? Double.NEGATIVE_INFINITY : (pooled + spikes) / 2;
    }

    static final String HEADER = "seconds,updates,loss,explained_variance_pooled,explained_variance_mean,precision_1ms,recall_1ms";

    String csv() {
      return String.format(Locale.ROOT, "%.1f,%d,%.6f,%.5f,%.5f,%.5f,%.5f", seconds, updates, loss, pooled, mean, precision, recall);
    }
  }

  /** Told how far it is. */
  public interface Listener {
    /** So many seconds of the budget are used up. */
    void at(double seconds);

    /** A further point of the learning curve. */
    void point(Point point);
  }

  private final Protocol protocol;
  private final Options options;
  private final Listener listener;
  private final List<Traces> data;
  private final Traces validation;
  private final TrainingState state;
  private final StreamingRecipe recipe;
  private final Path stateFile;

  private Training(Protocol protocol, Dataset dataset, Options options, Listener listener) {
    this.protocol = protocol;
    this.options = options;
    this.listener = listener;
    data = dataset.read(Protocol.Use.TRAINING);
    validation = joined(dataset.read(Protocol.Use.VALIDATION));
    recipe = StreamingRecipe.of(protocol.sites(protocol.compile()).size()).sized(options.sizes);
    if (data.getFirst().rows() < recipe.chunk()) {
      throw new InputException(protocol.name(), "runs.training.ms", data.getFirst().rows() + " samples are less than a chunk",
          "Let runs have " + recipe.chunk() + " samples or more");
    }
    stateFile = options.out.resolveSibling(options.out.getFileName().toString().replaceFirst("\\.safetensors$", "") + ".training");
    state = begin();
  }

  /**
   * Trains.
   *
   * @param dataset of the protocol
   * @return the surrogate, without scores; it is written, too
   * @throws InputException if there is the state of another training, or none to resume
   */
  public static Surrogate run(Protocol protocol, Dataset dataset, Options options, Listener listener) throws IOException {
    return new Training(protocol, dataset, options, listener).run();
  }

  private static Traces joined(List<Traces> blocks) {
    return new Traces(blocks.stream().flatMap(b -> Arrays.stream(b.events())).toArray(byte[][][]::new),
        blocks.stream().flatMap(b -> Arrays.stream(b.outputs())).toArray(float[][][]::new),
        blocks.stream().flatMap(b -> Arrays.stream(b.spikes())).toArray(byte[][]::new));
  }

  private TrainingState begin() {
    boolean there = Files.exists(stateFile);
    if (there != options.resume) {
      throw there ? new InputException(stateFile.toString(), null, "is the state of a training that did not end",
          "Go on with it (--resume), or remove it")
          : new InputException("--resume", null, "there is no " + stateFile, "Begin anew without it");
    }
    int channels = protocol.sites(protocol.compile()).size();
    int heads = StreamingSurrogate.heads(protocol);
    var from = options.from
        .map(f -> StreamingSurrogate.network(Surrogates.load(f.toString()), f.toString(), channels, heads, protocol.sample()));
    var sized = new StreamingNetwork.Shape(channels, recipe.features(), recipe.hidden(), recipe.memories(), heads, protocol.sample());
    var shape = from.map(n -> n.shape).orElse(sized);
    if (!shape.equals(sized) && !options.sizes.equals(Sizes.DEFAULT)) {
      throw new InputException(options.from.orElseThrow().toString(), null, "is of " + shape + ", and not of " + sized,
          "Leave the sizes to it");
    }
    String identity = protocol.fingerprint() + " " + shape + " " + options.seed;
    if (there) {
      return TrainingState.read(stateFile, shape, identity);
    }
    var network = from.orElseGet(() -> StreamingNetwork.random(shape, options.seed));
    return new TrainingState(identity, network);
  }

  private Surrogate run() throws IOException {
    double before = state.seconds;
    long last = System.nanoTime();
    var trainer = new StreamingTrainer(state.network, state.adam, recipe, data, protocol.below(), options.threads,
        options.seed + state.adam.updates());
    double loss = 0;
    int since = 0;
    double saved = before;
    double validated = before;
    while (state.seconds < options.budget && state.seconds - state.bestAt() <= PATIENCE * options.budget) {
      loss += trainer.update(state.seconds / options.budget);
      since++;
      long now = System.nanoTime();
      state.seconds += Math.min(LONGEST_UPDATE, (now - last) / 1e9);
      last = now;
      listener.at(Math.min(state.seconds, options.budget));
      if (state.seconds - validated >= options.budget / VALIDATIONS || state.seconds >= options.budget) {
        state.add(validate(loss / since));
        loss = 0;
        since = 0;
        validated = state.seconds;
        listener.point(state.curve.getLast());
        AtomicFile.write(options.out.resolveSibling(stateFile.getFileName().toString().replaceFirst("training$", "csv")),
            List.of(StandardCharsets.UTF_8.encode(state.csv())));
      }
      if (state.seconds - saved >= Math.min(SAVE_EVERY, options.budget / SAVES)) {
        state.write(stateFile);
        saved = state.seconds;
      }
    }
    var surrogate = surrogate();
    SurrogateFile.write(options.out, surrogate);
    Files.deleteIfExists(stateFile);
    return surrogate;
  }

  // Heads in their units, [trace][head][row].
  private double[][][] predicted(StreamingNetwork network) {
    float[][][] heads = StreamingTrainer.run(network, validation);
    double[][][] units = new double[heads.length][][];
    for (int t = 0; t < heads.length; t++) {
      units[t] = new double[heads[t].length][heads[t][0].length];
      for (int o = 0; o < heads[t].length; o++) {
        for (int r = 0; r < heads[t][o].length; r++) {
          units[t][o][r] = StreamingSurrogate.normalisation(o).restore(heads[t][o][r]);
        }
      }
    }
    return units;
  }

  private Point validate(double loss) {
    double[][][] predicted = predicted(state.network);
    int from = protocol.warmupSamples(Protocol.Use.VALIDATION);
    var rule = ClosedLoop.tune(validation, predicted, from, protocol.sample());
    boolean cut = !Double.isNaN(protocol.below());
    var runs = ClosedLoop.runs(validation, predicted, from, protocol.sample(), rule, StreamingTrainer.VOLTAGE,
        cut ? StreamingTrainer.BELOW : StreamingTrainer.VOLTAGE, -1);
    var spikes = SpikeMatching.pooled(runs.stream().map(r -> SpikeMatching.oneToOne(r.trueSpikes(), r.predictedSpikes(), 1)).toList());
    double limit = cut ? protocol.below() : Double.POSITIVE_INFINITY;
    double[] truth = runs.stream().flatMapToDouble(r -> Arrays.stream(r.truth())).toArray();
    double[] all = runs.stream().flatMapToDouble(r -> Arrays.stream(r.below())).toArray();
    double mean = Statistics.mean(Statistics.numbers(runs.stream()
        .mapToDouble(r -> TraceScores.explainedVarianceClipped(r.truth(), r.below(), limit)).toArray()));
    return new Point(state.seconds, state.adam.updates(), loss, TraceScores.explainedVarianceClipped(truth, all, limit), mean,
        spikes.precision(), spikes.recall());
  }

  private Surrogate surrogate() {
    var cell = protocol.compile();
    double[][][] predicted = predicted(state.best);
    var rule = ClosedLoop.tune(validation, predicted, protocol.warmupSamples(Protocol.Use.VALIDATION), protocol.sample());
    String training = String.format(Locale.ROOT, "protocol %s (sha256 %s), %d updates of %d streams of %d samples, %.0f s, seed %d%s",
        protocol.name(), protocol.fingerprint().substring(0, 12), state.adam.updates(), recipe.groups() * recipe.lanes(),
        recipe.chunk(), state.seconds, options.seed, options.from.map(f -> ", from " + f.getFileName()).orElse(""));
    return StreamingSurrogate.of(state.best, protocol, cell, Optional.of(rule),
        "Exponential traces of the events, a leaky memory; heads for the voltage and, as a logit, for a spike. Nothing is fed back.",
        new Provenance(protocol.cell(), training, options.version, Map.of()));
  }
}
