package io.galvani.surrogate;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Networks of any layers that fit, from a seed. */
final class RandomNetworks {
  private final Random random;
  private final List<Layer> layers = new ArrayList<>();

  private RandomNetworks(long seed) {
    random = new Random(seed);
  }

  static Network of(long seed) {
    return new RandomNetworks(seed).network();
  }

  private Network network() {
    int window = 1 + random.nextInt(20);
    int channels = 1 + random.nextInt(6);
    int[] shape = {window, channels};
    int wanted = 1 + random.nextInt(9);
    while (layers.size() < wanted) {
      Layer l = layer(shape);
      layers.add(l);
      shape = l.outputShape(shape);
    }
    return Network.of("random", window, channels, layers);
  }

  private Layer layer(int[] shape) {
    boolean sequence = shape.length == 2;
    int in = shape[shape.length - 1];
    int out = 1 + random.nextInt(20);
    String name = "layer" + layers.size();
    Activation a = Activation.values()[random.nextInt(Activation.values().length)];
    int kind = random.nextInt(11);
    if (!sequence) {
      return switch (kind) {
        case 5 -> new Layer.Traces(name, decay(in));
        case 6 -> new Layer.ELM(name, weights(in, out), weights(7, out), weights(out), weights(out, 7), weights(7), decay(7), weights(7));
        case 7 -> new Layer.LSTM(name, weights(in, 4 * out), weights(out, 4 * out), weights(4 * out), false, true);
        case 0, 1 -> new Layer.RepeatVector(name, 1 + random.nextInt(4));
        case 2 -> batchNormalization(name, in);
        case 3 -> new Layer.Dropout(name, 0.5);
        case 4 -> new Layer.Flatten(name);
        default -> dense(name, in, out, a);
      };
    }
    return switch (kind) {
      case 0 -> new Layer.Flatten(name);
      case 1 -> batchNormalization(name, in);
      case 2 -> new Layer.Dropout(name, 0.1);
      case 3 -> new Layer.LSTM(name, weights(in, 4 * out), weights(out, 4 * out), weights(4 * out), random.nextInt(3) > 0);
      case 4 -> new Layer.TimeDistributed(dense(name, in, out, a));
      case 5 -> dense(name, in, out, a);
      case 6 -> new Layer.Newest(name);
      default -> new Layer.Conv1D(name, weights(1 + random.nextInt(4), in, out), weights(out), 1 + random.nextInt(3), a);
    };
  }

  private Layer.Dense dense(String name, int in, int out, Activation a) {
    return new Layer.Dense(name, weights(in, out), weights(out), a);
  }

  private Layer batchNormalization(String name, int n) {
    float[] variance = new float[n];
    for (int i = 0; i < n; i++) {
      variance[i] = random.nextFloat();
    }
    return new Layer.BatchNormalization(name, weights(n), weights(n), weights(n), Tensor.of(variance, n), 1e-2);
  }

  private Tensor decay(int n) {
    return TestNetworks.decay(random, n);
  }

  private Tensor weights(int... shape) {
    return TestNetworks.weights(random, shape);
  }
}
