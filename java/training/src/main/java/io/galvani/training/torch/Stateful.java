package io.galvani.training.torch;

import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Network;
import io.galvani.training.Learner;
import io.galvani.training.Protocol;
import io.galvani.training.Traces;
import io.galvani.training.Training;
import java.util.List;

/**
 * Networks that events drive, that carry their state from sample to sample and feed nothing back, by libtorch: rivals of the streaming
 * surrogate, with its heads and its loss.
 */
public enum Stateful implements Learner.Kind {
  /** An LSTM behind a short causal convolution of mixtures of the channels. */
  LSTM;

  /** Samples that the convolution sees. */
  static final int TAPS = 4;
  /** Above so many channels there are more filters and units. */
  private static final int FEW = 16;

  @Override
  public Learner begin(Protocol protocol, List<Traces> data, Training.Options options) {
    return StatefulLearner.begin(this, protocol, data, options);
  }

  /** One with random weights. */
  Network random(int channels, int outputs, long seed) {
    boolean few = channels <= FEW;
    return new Architecture.Builder(TAPS, channels, seed).convolution(few ? 16 : 64, 1, 1, Activation.LINEAR)
        .convolution(few ? 32 : 64, TAPS, 1, Activation.TANH).newest().statefulLstm(few ? 64 : 96).dense(outputs, Activation.LINEAR)
        .network(toString());
  }

  /** As the command line spells it. */
  @Override
  public String toString() {
    return "lstm";
  }
}
