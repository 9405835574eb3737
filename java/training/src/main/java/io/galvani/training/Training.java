package io.galvani.training;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.cell.CompiledCell;
import io.galvani.device.Device;
import io.galvani.io.AtomicFile;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.SurrogateOptions;
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
import java.util.OptionalDouble;

/**
 * Trains a surrogate within a budget of time: updates, scores of validation runs in closed loop, a state on the disk every minute.
 *
 * <p>Beside the surrogate there are {@code NAME.csv}, the learning curve, and, until it is done, {@code NAME.training}, from which a run
 * that was killed goes on.
 */
public final class Training {
  private static final double SAVE_EVERY = 60;  // s; more often in short budgets
  private static final int SAVES = 10;          // in a budget, at least
  /** Validations in a budget, at least and at most; between, they take such a share of the time. */
  private static final int FEW = 10;
  private static final int MANY = 30;
  private static final double VALIDATING = 0.15;
  /** s; a process that was stopped meanwhile has not trained. */
  private static final double LONGEST_UPDATE = 10;
  /** It ends when so much of the budget has not made it better: much, as the rate of learning falls, and with it the noise, at the end. */
  private static final double PATIENCE = 0.7;

  /**
   * What is asked for.
   *
   * @param kind of network
   * @param out the surrogate's file
   * @param budget s
   * @param seed of weights and order of data
   * @param threads that are used at most
   * @param resume goes on with what {@code NAME.training} holds
   * @param from a surrogate to begin with, by name or file
   * @param top so many of the last layers that have weights are trained, the others are left as they are; 0: all are trained
   * @param schedule over the budget
   * @param device that runs the network for validation
   * @param version of the programme
   */
  public record Options(Learner.Kind kind, Path out, double budget, long seed, int threads, boolean resume, Optional<String> from, int top,
      Schedule schedule, Device device, String version) {}

  /**
   * How learning goes over the budget.
   *
   * @param rate of learning, at first; empty: what suits the kind of network
   * @param curriculum share of the budget during which the traces become harder ({@link Curriculum}); 0: all from the start
   */
  public record Schedule(OptionalDouble rate, double curriculum) {
    public static final Schedule DEFAULT = new Schedule(OptionalDouble.empty(), 0);
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

    /** A further point of the learning curve; of a training that goes on, first those that it has. */
    void point(Point point);
  }

  private final Protocol protocol;
  private final CompiledCell cell;
  private final Options options;
  private final Listener listener;
  private final Traces validation;
  private final TrainingState state;
  private final Path stateFile;

  private Training(Protocol protocol, Dataset dataset, Options options, Listener listener) {
    this.protocol = protocol;
    this.options = options;
    this.listener = listener;
    cell = protocol.compile();
    validation = joined(dataset.read(Protocol.Use.VALIDATION));
    stateFile = options.out.resolveSibling(options.out.getFileName().toString().replaceFirst("\\.safetensors$", "") + ".training");
    state = begin(dataset);
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
    return new Traces(blocks.stream().flatMap(b -> Arrays.stream(b.events())).toArray(EventCounts[]::new),
        blocks.stream().flatMap(b -> Arrays.stream(b.outputs())).toArray(float[][][]::new),
        blocks.stream().flatMap(b -> Arrays.stream(b.spikes())).toArray(byte[][]::new));
  }

  private TrainingState begin(Dataset dataset) {
    boolean there = Files.exists(stateFile);
    if (there != options.resume) {
      throw there ? new InputException(stateFile.toString(), null, "is the state of a training that did not end",
          "Go on with it (--resume), or remove it")
          : new InputException("--resume", null, "there is no " + stateFile, "Begin anew without it");
    }
    var learner = options.kind.begin(protocol, dataset.read(Protocol.Use.TRAINING), options);
    var begun = new TrainingState(protocol.fingerprint() + " " + options.kind + " " + learner.identity() + " " + options.seed, learner);
    if (there) {
      begun.read(stateFile);
    }
    return begun;
  }

  private Surrogate run() throws IOException {
    var learner = state.learner;
    state.curve.forEach(listener::point); // of a training that goes on
    long last = System.nanoTime();
    double loss = 0;
    int since = 0;
    double saved = state.seconds;
    double validated = state.seconds;
    double takes = 0; // s that a validation takes
    while (state.seconds < options.budget && state.seconds - state.bestAt() <= PATIENCE * options.budget) {
      loss += learner.update(state.seconds / options.budget);
      since++;
      long now = System.nanoTime();
      state.seconds += Math.min(LONGEST_UPDATE, (now - last) / 1e9);
      last = now;
      listener.at(Math.min(state.seconds, options.budget));
      double every = Math.clamp(takes / VALIDATING, options.budget / MANY, options.budget / FEW);
      if (state.seconds - validated >= every || state.seconds >= options.budget) {
        long from = System.nanoTime();
        state.add(validate(loss / since));
        takes = (System.nanoTime() - from) / 1e9;
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
    var surrogate = best();
    SurrogateFile.write(options.out, surrogate);
    Files.deleteIfExists(stateFile);
    return surrogate;
  }

  // The validation runs in closed loop, computed as they will be by who uses the surrogate: outputs in their units, [trace][output][row].
  private double[][][] predicted() {
    return ClosedLoop.run(state.learner.surrogate(Optional.empty(), Provenance.UNKNOWN), validation, protocol.sites(cell), options.device,
        SurrogateOptions.DEFAULT.threads(options.threads));
  }

  private Point validate(double loss) {
    double[][][] predicted;
    try {
      predicted = predicted();
    } catch (GalvaniException e) { // what is fed back can grow without bounds as long as little is learnt
      return new Point(state.seconds, state.learner.weights().updates(), loss, Double.NaN, Double.NaN, 0, 0);
    }
    int from = protocol.warmupSamples(Protocol.Use.VALIDATION);
    var runs = ClosedLoop.runs(validation, predicted, from, protocol.sample(), tuned(predicted), heads());
    var spikes = SpikeMatching.pooled(runs.stream().map(r -> SpikeMatching.oneToOne(r.trueSpikes(), r.predictedSpikes(), 1)).toList());
    double[] truth = runs.stream().flatMapToDouble(r -> Arrays.stream(r.truth())).toArray();
    double limit = Double.isNaN(protocol.below()) ? Double.POSITIVE_INFINITY : protocol.below();
    double[] all = runs.stream().flatMapToDouble(r -> Arrays.stream(r.below())).toArray();
    double mean = Statistics.mean(Statistics.numbers(runs.stream()
        .mapToDouble(r -> TraceScores.explainedVarianceClipped(r.truth(), r.below(), limit)).toArray()));
    return new Point(state.seconds, state.learner.weights().updates(), loss, TraceScores.explainedVarianceClipped(truth, all, limit), mean,
        spikes.precision(), spikes.recall());
  }

  private Heads heads() {
    return Heads.of(state.learner.surrogate(Optional.empty(), Provenance.UNKNOWN), options.out.toString(),
        protocol.outputs().values().iterator().next());
  }

  private SpikeRule tuned(double[][][] predicted) {
    return ClosedLoop.tune(validation, predicted, heads(), protocol.warmupSamples(Protocol.Use.VALIDATION), protocol.sample());
  }

  private Surrogate best() {
    var learner = state.learner;
    learner.weights().goBack();
    var rule = tuned(predicted());
    String training = String.format(Locale.ROOT, "protocol %s (sha256 %s), %d updates of %s, %.0f s, seed %d%s", protocol.name(),
        protocol.fingerprint().substring(0, 12), learner.weights().updates(), learner.batch(), state.seconds, options.seed,
        options.from.map(f -> ", from " + Path.of(f).getFileName()).orElse("")
            + (options.top > 0 ? ", the last " + options.top + " layers alone" : "")
            + (options.schedule.rate().isPresent() ? ", rate of learning " + options.schedule.rate().getAsDouble() : "")
            + (options.schedule.curriculum() > 0 ? ", easy traces first over " + options.schedule.curriculum() + " of it" : ""));
    return learner.surrogate(Optional.of(rule), new Provenance(protocol.cell(), training, options.version, Map.of()));
  }
}
