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
final class StreamingLearner implements Learner {
  /** The parameter that the last layers begin with, by their number: all, the head, the memory too, the traces too; else all. */
  private static final int[] FIRST_OF_TOP = {0, 7, 2, 1};

  private final Protocol protocol;
  private final CompiledCell cell;
  private final List<Traces> data;
  private final Training.Options options;
  private final StreamingHeads heads;
  private final StreamingRecipe recipe;
  private final StreamingNetwork network;
  private final Adam adam;
  private final Weights weights;
  private StreamingTrainer trainer;

  StreamingLearner(Streaming sizes, Protocol protocol, List<Traces> data, Training.Options options) {
    this.protocol = protocol;
    this.data = data;
    this.options = options;
    cell = protocol.compile();
    int channels = protocol.sites(cell).size();
    var asked = StreamingHeads.of(protocol, data);
    recipe = StreamingRecipe.of(channels).with(options.schedule().rate());
    Streams.require(protocol, data, recipe.chunk());
    var suggested = new StreamingNetwork.Shape(channels, recipe.features(), recipe.hidden(), recipe.memories(), asked.size(),
        protocol.sample());
    var from = options.from().map(Surrogates::load);
    network = from.map(s -> grown(StreamingSurrogate.network(s, options.from().orElseThrow(), channels, asked, protocol.sample()), sizes))
        .orElseGet(() -> StreamingNetwork.random(sizes.of(suggested), options.seed()));
    heads = from.map(s -> asked.as(s.outputs())).orElse(asked);
    adam = new Adam(network);
    adam.trainFrom(options.top() < FIRST_OF_TOP.length ? FIRST_OF_TOP[options.top()] : 0);
    weights = new Weights(network.parameters(), adam);
  }

  private StreamingNetwork grown(StreamingNetwork n, Streaming sizes) {
    var shape = sizes.of(n.shape);
    if (shape.features() < n.shape.features() || shape.hidden() < n.shape.hidden() || shape.memories() < n.shape.memories()) {
      throw new InputException(options.from().orElseThrow(), null, "is of " + n.shape + ", which can't shrink to " + shape,
          "Give no size that is below its own");
    }
    return n.grown(shape, options.seed());
  }

  @Override
  public String identity() {
    return network.shape.toString();
  }

  @Override
  public double update(double progress) {
    if (trainer == null) { // only now, as a training that goes on draws other data than it did at its start
      trainer = new StreamingTrainer(network, adam, recipe, new Curriculum(data, options.schedule().curriculum()), heads,
          options.threads(), options.seed() + adam.updates());
    }
    return trainer.update(progress);
  }

  @Override
  public Surrogate surrogate(Optional<SpikeRule> spikes, Provenance provenance) {
    return StreamingSurrogate.of(network, heads, protocol, cell, spikes,
        "Exponential traces of the events, a leaky memory; heads for the voltage and, as a logit, for a spike. Nothing is fed back.",
        provenance);
  }

  @Override
  public String batch() {
    return recipe.groups() * recipe.lanes() + " streams of " + recipe.chunk() + " samples";
  }

  @Override
  public Weights weights() {
    return weights;
  }
}
