package io.galvani.bench.surrogate;

import io.galvani.InputException;
import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The networks that are timed: CNN-LSTMs of Oláh, Pedersen &amp; Rowan 2022, with weights from a seed. Output i is fed back to channel i;
 * events enter the channels after.
 */
public final class Networks {
  private static final int WINDOW = 64;
  private static final int LSTM = 128;
  private static final int[] MULTI = {512, 256, 128};

  /** All, by what tells them apart: channels and repeats of the network for cells of many compartments, and the one for a point. */
  public static final List<Case> ALL = List.of(
      new Case("c201r5", cnnLstm(WINDOW, 201, MULTI, 5, 3, LSTM, 1)),
      new Case("c201r1", cnnLstm(WINDOW, 201, MULTI, 1, 3, LSTM, 1)),
      new Case("c3r5", cnnLstm(WINDOW, 3, MULTI, 5, 3, LSTM, 1)),
      new Case("point", cnnLstm(WINDOW, 5, new int[] {128, 100, 50}, 5, 1, LSTM, 3)));

  private Networks() {}

  /** A network by its name. */
  public static Case named(String name) {
    return ALL.stream().filter(c -> c.name.equals(name)).findFirst()
        .orElseThrow(() -> InputException.unknown("bench", null, "network", name, ALL.stream().map(Case::name).toList()));
  }

  /** What is run, and its name. */
  public record Case(String name, Network network) {
    /** Floating-point operations of a prediction of which nothing is computed twice, with every channel of the new sample counted. */
    public long minimalFlops() {
      return Plan.of(network).flops();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * A CNN-LSTM.
   *
   * @param filters of the three convolutions
   * @param units of each LSTM and of the dense layer after them
   */
  static Network cnnLstm(int window, int channels, int[] filters, int repeats, int lstms, int units, int outputs) {
    var random = new Random(1);
    var layers = new ArrayList<Layer>();
    int in = channels;
    for (int i = 0; i < 3; i++) {
      layers.add(new Layer.Conv1D("conv" + i, weights(random, i == 1 ? 5 : 1, in, filters[i]), weights(random, filters[i]), 1,
          i == 2 ? Activation.TANH : Activation.RELU));
      in = filters[i];
    }
    layers.add(new Layer.Flatten("flatten"));
    layers.add(new Layer.RepeatVector("repeat", repeats));
    in *= window;
    for (int i = 0; i < lstms; i++) {
      layers.add(new Layer.LSTM("lstm" + i, weights(random, in, 4 * units), weights(random, units, 4 * units), weights(random, 4 * units),
          true));
      in = units;
    }
    for (int width : new int[] {units, 100, 100, 100, 100, outputs}) {
      var activation = width == units ? Activation.RELU : width == outputs ? Activation.LINEAR : Activation.SELU;
      layers.add(new Layer.Dense("dense" + layers.size(), weights(random, in, width), weights(random, width), activation));
      in = width;
    }
    return Network.of("cnn-lstm", window, channels, layers);
  }

  /** From −1/√n to 1/√n for sums of n, so that no layer saturates. */
  private static Tensor weights(Random random, int... shape) {
    int n = IntStream.of(shape).reduce(1, Math::multiplyExact);
    float[] values = new float[n];
    float bound = (float) Math.sqrt((double) shape[shape.length - 1] / n);
    for (int i = 0; i < n; i++) {
      values[i] = (2 * random.nextFloat() - 1) * bound;
    }
    return Tensor.of(values, shape);
  }
}
