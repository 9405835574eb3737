package io.galvani.training.torch;

import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Tensor;
import io.galvani.training.Learner;
import io.galvani.training.Protocol;
import io.galvani.training.Traces;
import io.galvani.training.Training;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * The networks over a window of 64 samples that Oláh, Pedersen and Rowan 2022 (eLife 79535) compare, for a point cell. What they see is the
 * last samples of the state, which is fed back, and of the events; what they say is the next state.
 *
 * <p>Without dropout, batch normalisation and weight decay: data are made as they are needed, there is nothing to overfit.
 */
public enum Architecture implements Learner.Kind {
  /** One linear layer of 64, then the outputs. */
  LINEAR {
    @Override
    void add(Builder b) {
      b.flatten().dense(64, Activation.LINEAR);
    }
  },
  /** The same with sigmoids. */
  NONLINEAR {
    @Override
    void add(Builder b) {
      b.flatten().dense(64, Activation.SIGMOID);
    }
  },
  /** Ten layers of 64 to 1024 and back. */
  DEEP {
    @Override
    void add(Builder b) {
      b.flatten();
      for (int units : new int[] {64, 128, 256, 512, 1024, 1024, 512, 256, 128, 64}) {
        b.dense(units, Activation.TANH);
      }
    }
  },
  /** Twelve convolutions, each looking back twice as far as the one before it. */
  CONVOLUTIONAL {
    @Override
    void add(Builder b) {
      for (int i = 0; i < 12; i++) {
        b.convolution(128, 2, 1 << i, Activation.TANH);
      }
      b.newest();
    }
  },
  /** Convolutions, an LSTM that looks at the same window five times, dense layers. */
  CNN_LSTM {
    @Override
    void add(Builder b) {
      b.convolution(128, 1, 1, Activation.RELU).convolution(100, 5, 1, Activation.RELU).convolution(50, 1, 1, Activation.TANH);
      b.flatten().repeat(5).lstm(128).dense(128, Activation.RELU);
      for (int i = 0; i < 4; i++) {
        b.dense(100, Activation.SELU);
      }
    }
  };

  /** Samples that they see. */
  static final int WINDOW = 64;

  /** Appends all layers but the last. */
  abstract void add(Builder b);

  /** {@code cnn-lstm} and the like. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public Learner begin(Protocol protocol, List<Traces> data, Training.Options options) {
    return WindowLearner.begin(this, protocol, data, options);
  }

  /** One with random weights: by the fan-in of what follows a kink, by both fans otherwise (He et al. 2015, Glorot and Bengio 2010). */
  Network random(int channels, int outputs, long seed) {
    var b = new Builder(WINDOW, channels, seed);
    add(b);
    b.dense(outputs, Activation.LINEAR);
    return b.network(toString());
  }

  /** A chain of layers. */
  static final class Builder {
    private final List<Layer> layers = new ArrayList<>();
    private final SplittableRandom random;
    private final int window;
    private final int channels;
    private int[] shape;

    Builder(int window, int channels, long seed) {
      this.window = window;
      this.channels = channels;
      shape = new int[] {window, channels};
      random = new SplittableRandom(seed);
    }

    Network network(String name) {
      return Network.of(name, window, channels, layers);
    }

    private Builder add(Layer layer) {
      layers.add(layer);
      shape = layer.outputShape(shape);
      return this;
    }

    private int features() {
      return shape[shape.length - 1];
    }

    private String name(String type) {
      return type + layers.size();
    }

    Builder convolution(int filters, int taps, int dilation, Activation activation) {
      var kernel = random(activation, taps * features(), taps * filters, taps, features(), filters);
      return add(new Layer.Conv1D(name("conv"), kernel, zeros(filters), dilation, activation));
    }

    Builder flatten() {
      return add(new Layer.Flatten(name("flatten")));
    }

    Builder newest() {
      return add(new Layer.Newest(name("newest")));
    }

    Builder repeat(int n) {
      return add(new Layer.RepeatVector(name("repeat"), n));
    }

    Builder lstm(int units) {
      return lstm(units, false);
    }

    /** One that carries its state from sample to sample. */
    Builder statefulLstm(int units) {
      return lstm(units, true);
    }

    // Gates i, f, c, o; f begins open, so that what the first steps see is not lost.
    private Builder lstm(int units, boolean stateful) {
      float[] bias = new float[4 * units];
      for (int u = units; u < 2 * units; u++) {
        bias[u] = 1;
      }
      var kernel = random(Activation.TANH, features(), units, features(), 4 * units);
      return add(new Layer.LSTM(name("lstm"), kernel, random(Activation.TANH, units, units, units, 4 * units),
          Tensor.of(bias, bias.length), !stateful, stateful));
    }

    Builder dense(int units, Activation activation) {
      var dense = new Layer.Dense(name("dense"), random(activation, features(), units, features(), units), zeros(units), activation);
      return add(shape.length == 2 ? new Layer.TimeDistributed(dense) : dense);
    }

    private Tensor random(Activation activation, int fanIn, int fanOut, int... extents) {
      double range = Math.sqrt(switch (activation) {
        case RELU -> 6.0 / fanIn;
        case SELU -> 3.0 / fanIn;
        default -> 6.0 / (fanIn + fanOut);
      });
      int n = 1;
      for (int extent : extents) {
        n *= extent;
      }
      float[] values = new float[n];
      for (int i = 0; i < n; i++) {
        values[i] = (float) random.nextDouble(-range, range);
      }
      return Tensor.of(values, extents);
    }

    private static Tensor zeros(int n) {
      return Tensor.of(new float[n], n);
    }
  }
}
