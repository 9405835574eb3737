package io.galvani.training;

import io.galvani.InputException;
import io.galvani.cell.CompiledCell;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.Surrogates;
import java.util.List;
import java.util.Optional;

/** A {@link StreamingNetwork} in training. */
public final class StreamingLearner implements Learner {
  /** Driven by events, carries state, feeds nothing back. */
  public static final Kind KIND = new Kind() {
    @Override
    public String toString() {
      return "streaming";
    }

    @Override
    public Learner begin(Protocol protocol, List<Traces> data, Training.Options options) {
      return new StreamingLearner(protocol, data, options);
    }
  };

  /** Traces, hidden units and memories that point cells need; see the README. */
  private static final int TRACES = 8;
  private static final int HIDDEN = 64;
  private static final int MEMORIES = 48;
  /** Groups of streams, as many as may be computed at once. */
  private static final int GROUPS = 2;
  /** The parameter that the last layers begin with, by their number: all, the head, memory and head. */
  private static final int[] FIRST_OF_TOP = {0, 6, 1, 0};

  private final Protocol protocol;
  private final CompiledCell cell;
  private final List<Traces> data;
  private final Training.Options options;
  private final StreamingNetwork network;
  private final Adam adam;
  private final Weights weights;
  private StreamingTrainer trainer;

  private StreamingLearner(Protocol protocol, List<Traces> data, Training.Options options) {
    this.protocol = protocol;
    this.data = data;
    this.options = options;
    if (data.getFirst().rows() < StreamingTrainer.CHUNK) {
      throw new InputException(protocol.name(), "runs.training.ms", data.getFirst().rows() + " samples are less than a chunk",
          "Let runs have " + StreamingTrainer.CHUNK + " samples or more");
    }
    cell = protocol.compile();
    int channels = protocol.sites(cell).size();
    var shape = new StreamingNetwork.Shape(channels, TRACES, HIDDEN, MEMORIES, 2, protocol.sample());
    network = options.from()
        .map(f -> StreamingSurrogate.network(Surrogates.load(f), f, channels, protocol.sample()))
        .orElseGet(() -> StreamingNetwork.random(shape, options.seed()));
    if (!network.shape.equals(shape)) {
      throw new InputException(options.from().orElseThrow(), null, "is of " + network.shape + ", and not of " + shape, null);
    }
    adam = new Adam(network);
    adam.trainFrom(FIRST_OF_TOP[Math.min(options.top(), FIRST_OF_TOP.length - 1)]);
    weights = new Weights(network.parameters(), adam);
  }

  @Override
  public String identity() {
    return network.shape.toString();
  }

  @Override
  public double update(double progress) {
    if (trainer == null) { // only now, as a training that goes on draws other data than it did at its start
      trainer = new StreamingTrainer(network, adam, data, GROUPS, options.threads(), options.seed() + adam.updates());
    }
    return trainer.update(progress);
  }

  @Override
  public Surrogate surrogate(Optional<SpikeRule> spikes, Provenance provenance) {
    return StreamingSurrogate.of(network, protocol, cell, spikes,
        "Exponential traces of the events, a leaky memory; heads for the voltage and, as a logit, for a spike. Nothing is fed back.",
        provenance);
  }

  @Override
  public String batch() {
    return GROUPS * StreamingTrainer.LANES + " streams of " + StreamingTrainer.CHUNK + " samples";
  }

  @Override
  public Weights weights() {
    return weights;
  }
}
