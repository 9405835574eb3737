package io.galvani.training;

import java.util.List;

/**
 * The networks that events drive, that carry state and feed nothing back. Sizes that are null are what the cell's number of channels
 * suggests, or what the surrogate has that training goes on from; it may grow.
 *
 * @param features traces of the events, or of mixtures of them
 * @param hidden units
 * @param memories that leak
 */
public record Streaming(Integer features, Integer hidden, Integer memories) implements Learner.Kind {
  /** Of sizes as the cell suggests. */
  public static final Streaming DEFAULT = new Streaming(null, null, null);

  @Override
  public Learner begin(Protocol protocol, List<Traces> data, Training.Options options) {
    return new StreamingLearner(this, protocol, data, options);
  }

  /** A shape with these sizes in place of its own. */
  StreamingNetwork.Shape of(StreamingNetwork.Shape s) {
    return new StreamingNetwork.Shape(s.channels(), features == null ? s.features() : features, hidden == null ? s.hidden() : hidden,
        memories == null ? s.memories() : memories, s.outputs(), s.sample());
  }

  /** As the command line spells it. */
  @Override
  public String toString() {
    return "streaming";
  }
}
