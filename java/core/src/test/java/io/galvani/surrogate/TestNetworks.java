package io.galvani.surrogate;

import io.galvani.Location;
import io.galvani.Slot;
import io.galvani.surrogate.Output.Affine;
import io.galvani.surrogate.Output.Gain;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Networks with weights from a seed: the architectures of Oláh, Pedersen &amp; Rowan 2022, and one that has every layer. */
final class TestNetworks {
  private final Random random;
  private final List<Layer> layers = new ArrayList<>();

  private TestNetworks(long seed) {
    random = new Random(seed);
  }

  /** Weights of about 1/√n for sums of n. */
  static Tensor weights(Random random, int... shape) {
    int size = 1;
    for (int extent : shape) {
      size *= extent;
    }
    double scale = Math.sqrt(3.0 * shape[shape.length - 1] / size);
    float[] w = new float[size];
    for (int i = 0; i < size; i++) {
      w[i] = (float) ((2 * random.nextDouble() - 1) * scale);
    }
    return Tensor.of(w, shape);
  }

  /** From 0 to below 1. */
  static Tensor decay(Random random, int n) {
    float[] d = new float[n];
    for (int i = 0; i < n; i++) {
      d[i] = random.nextFloat();
    }
    return Tensor.of(d, n);
  }

  private void conv(int k, int in, int filters, int dilation, Activation a) {
    layers.add(new Layer.Conv1D("conv" + layers.size(), weights(random, k, in, filters), weights(random, filters), dilation, a));
  }

  private void lstm(int in, int units, boolean sequences) {
    layers.add(new Layer.LSTM("lstm" + layers.size(), weights(random, in, 4 * units), weights(random, units, 4 * units),
        weights(random, 4 * units), sequences));
  }

  private Layer.Dense dense(int in, int units, Activation a) {
    return new Layer.Dense("dense" + layers.size(), weights(random, in, units), weights(random, units), a);
  }

  private void batchNormalization(int n) {
    float[] variance = new float[n];
    for (int i = 0; i < n; i++) {
      variance[i] = i % 3 == 0 ? 1e-36f : random.nextFloat();
    }
    layers.add(new Layer.BatchNormalization("bn" + layers.size(), weights(random, n), weights(random, n), weights(random, n),
        Tensor.of(variance, n), 1e-3));
  }

  /** The paper's CNN-LSTM: three convolutions of these filters, R repeats, n LSTMs of 128, dense layers. */
  static Network cnnLstm(int window, int channels, int[] filters, int repeats, int lstms, int outputs) {
    var n = new TestNetworks(1);
    n.conv(1, channels, filters[0], 1, Activation.RELU);
    n.conv(5, filters[0], filters[1], 1, Activation.RELU);
    n.conv(1, filters[1], filters[2], 1, Activation.TANH);
    n.layers.add(new Layer.Flatten("flatten"));
    n.layers.add(new Layer.RepeatVector("repeat", repeats));
    for (int i = 0; i < lstms; i++) {
      n.lstm(i == 0 ? window * filters[2] : 128, 128, true);
    }
    n.layers.add(new Layer.TimeDistributed(n.dense(128, 128, Activation.RELU)));
    for (int i = 0; i < 4; i++) {
      n.layers.add(n.dense(i == 0 ? 128 : 100, 100, Activation.SELU));
      n.layers.add(new Layer.Dropout("dropout" + i, 0.15));
    }
    n.layers.add(n.dense(100, outputs, Activation.LINEAR));
    return Network.of("cnn-lstm", window, channels, n.layers);
  }

  /** The paper's networks of dense layers: the units of each hidden one, on the flattened window of the point cell. */
  static Network dense(Activation activation, int... units) {
    var n = new TestNetworks(2);
    n.layers.add(new Layer.Flatten("flatten"));
    int in = 320;
    for (int u : units) {
      n.layers.add(n.dense(in, u, activation));
      in = u;
    }
    n.layers.add(n.dense(in, 3, Activation.LINEAR));
    return Network.of("dense", 64, 5, n.layers);
  }

  /** The paper's convolutions with batch normalisation, and dilations. */
  static Network waveNet(int... dilations) {
    var n = new TestNetworks(3);
    for (int i = 0; i < 3; i++) {
      n.conv(5, i == 0 ? 5 : 64, 64, dilations[i], Activation.RELU);
      n.batchNormalization(64);
    }
    n.conv(1, 64, 1, 1, Activation.LINEAR);
    n.layers.add(new Layer.Flatten("flatten"));
    n.layers.add(n.dense(64, 3, Activation.LINEAR));
    return Network.of("wavenet", 64, 5, n.layers);
  }

  /** Every kind of layer, and small: [6, 4] to [3, 2]. */
  static Network everything() {
    var n = new TestNetworks(4);
    n.conv(3, 4, 5, 2, Activation.RELU);
    n.batchNormalization(5);
    n.lstm(5, 3, true);
    n.layers.add(new Layer.TimeDistributed(n.dense(3, 3, Activation.SIGMOID)));
    n.layers.add(new Layer.Flatten("flatten"));
    n.layers.add(new Layer.Dropout("dropout", 0.5));
    n.layers.add(new Layer.RepeatVector("repeat", 3));
    n.lstm(18, 4, true);
    n.layers.add(n.dense(4, 2, Activation.TANH));
    return Network.of("everything", 6, 4, n.layers);
  }

  /** A streaming network whose inputs, most of them 0, are more than are looked through at once: [1, 300] to [2]. */
  static Network manyChannels() {
    var n = new TestNetworks(6);
    n.layers.add(new Layer.Newest("newest"));
    n.layers.add(n.dense(300, 24, Activation.LINEAR));
    n.layers.add(new Layer.Traces("traces", decay(n.random, 24)));
    n.layers.add(n.dense(24, 2, Activation.LINEAR));
    return Network.of("many channels", 1, 300, n.layers);
  }

  /** All that goes on from sample to sample, and small: [8, 5] to [2]. */
  static Network streaming() {
    var n = new TestNetworks(5);
    n.conv(1, 5, 10, 1, Activation.RELU);
    n.conv(4, 10, 7, 1, Activation.TANH);
    n.layers.add(new Layer.Newest("newest"));
    n.layers.add(new Layer.Traces("traces", decay(n.random, 7)));
    n.layers.add(new Layer.ELM("elm", weights(n.random, 7, 11), weights(n.random, 9, 11), weights(n.random, 11), weights(n.random, 11, 9),
        weights(n.random, 9), decay(n.random, 9), weights(n.random, 9)));
    n.layers.add(new Layer.LSTM("lstm", weights(n.random, 9, 24), weights(n.random, 6, 24), weights(n.random, 24), false, true));
    n.layers.add(n.dense(6, 2, Activation.LINEAR));
    return Network.of("streaming", 8, 5, n.layers);
  }

  /** A surrogate with {@link #everything} and a value other than the default everywhere. */
  static Surrogate surrogate() {
    var v = new Channel("v", "mV", new Normalisation(1, -20, Double.POSITIVE_INFINITY, -101.557, 81.557));
    var ina = new Channel("ina", "mA/cm2", new Normalisation(-1, 0.1, 190, 6.1946e-6, 0.104076784210526));
    var channels = List.of(v, ina, new Channel("exc", "uS", new Normalisation(2, Double.POSITIVE_INFINITY, 1, 0, 0.01)),
        new Channel("inh", "uS", Normalisation.NONE));
    var outputs = List.of(
        new Output("v", v.unit(), v.normalisation(), 0, new Affine(1 / 0.91, -0.008), new Affine(1.03, -0.00241), new Gain(1.0005, -1.5e-4, 0.99)),
        new Output("ca", "mM", new Normalisation(1, 2, 3, 0.5, 0.25), Output.NO_CHANNEL, Affine.NONE, Affine.NONE, Gain.NONE));
    var slots = List.of(new SlotInput(new Slot(0, "a", Location.parse("soma(0.5)"), "AlphaSynapse", 0.0025), 2),
        new SlotInput(new Slot(1, "b", Location.parse("apic[3](0.25)"), "AlphaSynapse", 0.0025), 2),
        new SlotInput(new Slot(2, "c", Location.parse("dend[1](1)"), "Exp2Syn", 1e-12), 3));
    return new Surrogate("every \"thing\"", "µ: \\ / \t 😀", 0.5, everything(), channels, outputs, slots,
        Optional.of(new SpikeRule(0, SpikeRule.Kind.PEAK, -36.3, 3)),
        new Provenance("cell.yaml", "2000 s", "0.1", Map.of("mae", 5.12e-4)));
  }
}
