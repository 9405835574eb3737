package io.galvani.training;

import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import java.util.List;
import java.util.Optional;

/** A network that is being trained: what {@link Training} asks of every kind of network. */
public interface Learner {
  /** A kind of network, and the way it is trained; its text is how the command line spells it. */
  interface Kind {
    /**
     * A network at the start of its training.
     *
     * @param data of the runs for training, one block or more
     * @throws io.galvani.InputException if the data, or the surrogate to begin with, do not suit
     */
    Learner begin(Protocol protocol, List<Traces> data, Training.Options options);
  }

  /** What no other training shares, but for protocol and seed: kind and sizes. */
  String identity();

  /**
   * One update of the weights.
   *
   * @param progress share of the budget that is used up, 0 to 1
   * @return the loss: mean square error of the voltage, in units of 20 mV
   */
  double update(double progress);

  /** The surrogate of the present weights. */
  Surrogate surrogate(Optional<SpikeRule> spikes, Provenance provenance);

  /** What an update is made of, for the provenance: {@code 128 streams of 128 samples}. */
  String batch();

  /** Its weights: all that it needs to go on, but its place in the data. */
  Weights weights();
}
