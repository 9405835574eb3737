package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Shapes, counts, and each layer on numbers that can be followed by hand. */
class NetworkTest {
  // ---- the paper's counts: Oláh, Pedersen & Rowan 2022, their code, and the formulas of its cost ----

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void countsOfThePaper(String name, Network network, long parameters, double megaflops) {
    assertEquals(parameters, network.parameters());
    if (megaflops > 0) {
      assertEquals(megaflops, network.naiveFlops() / 1e6, megaflops < 100 ? 0.005 : 0.5);
    }
  }

  static List<Arguments> countsOfThePaper() {
    int[] multi = {512, 256, 128};
    return List.of(
        Arguments.of("linear", TestNetworks.dense(Activation.LINEAR, 64), 20_739, 0),
        Arguments.of("deep", TestNetworks.dense(Activation.TANH, 64, 128, 256, 512, 1024, 1024, 512, 256, 128, 64), 2_465_859, 0),
        Arguments.of("wavenet", TestNetworks.waveNet(1, 1, 1), 43_780, 0),
        Arguments.of("point cell", TestNetworks.cnnLstm(64, 5, new int[] {128, 100, 50}, 5, 1, 3), 1_834_381, 26.55),
        Arguments.of("layer 5", TestNetworks.cnnLstm(64, 201, multi, 5, 3, 1), 5_375_269, (65_536 * 201 + 133_893_064) / 1e6),
        Arguments.of("layer 2/3", TestNetworks.cnnLstm(128, 59, multi, 5, 3, 1), 9_496_869, 271.65),
        Arguments.of("8 outputs", TestNetworks.cnnLstm(64, 208, new int[] {2048, 128, 64}, 208, 3, 8), 4_234_024, 1257));
  }

  @Test
  void shapes() {
    var n = TestNetworks.cnnLstm(64, 5, new int[] {128, 100, 50}, 7, 2, 3);
    assertArrayEquals(new int[] {64, 128}, n.shape(1));
    assertArrayEquals(new int[] {3200}, n.shape(4));
    assertArrayEquals(new int[] {7, 3200}, n.shape(5));
    assertArrayEquals(new int[] {7, 3}, n.shape(n.layers().size()));
    assertEquals(7, n.repeats());
    assertEquals(3, n.outputs());
    assertEquals(1, TestNetworks.dense(Activation.TANH, 4).repeats());
  }

  // ---- each layer ----

  @Test
  void aCausalConvolutionIsTheSumOfDelayedSteps() {
    for (int dilation : new int[] {1, 2, 3}) {
      // tap 2 is the newest: y[t] = 10 x[t] + 2 x[t − d] + x[t − 2d] + 0.5
      var conv = new Layer.Conv1D("c", Tensor.of(new float[] {1, 2, 10}, 3, 1, 1), Tensor.of(new float[] {0.5f}, 1), dilation,
          Activation.LINEAR);
      double[][] x = {{1}, {-2}, {3}, {4}, {0}, {7}, {1}};
      double[][] y = run(x, conv);
      for (int t = 0; t < x.length; t++) {
        double expected = 0.5 + 10 * x[t][0] + (t >= dilation ? 2 * x[t - dilation][0] : 0) + (t >= 2 * dilation ? x[t - 2 * dilation][0] : 0);
        assertEquals(expected, y[t][0], "dilation " + dilation + ", step " + t);
      }
    }
  }

  @Test
  void aConvolutionMixesItsChannels() {
    // kernel[tap][in][filter]
    var conv = new Layer.Conv1D("c", Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2), Tensor.filled(0, 2), 1, Activation.RELU);
    assertArrayEquals(new double[][] {{5 + 7 * 2, 6 + 8 * 2}, {1 + 3 * 2 - 5, 2 + 4 * 2 - 6}, {0, 0}},
        run(new double[][] {{1, 2}, {-1, 0}, {0, 0}}, conv));
  }

  @Test
  void batchNormalisationUsesItsEpsilon() {
    var bn = new Layer.BatchNormalization("b", Tensor.of(new float[] {2, 1}, 2), Tensor.of(new float[] {1, 0}, 2),
        Tensor.of(new float[] {3, 0}, 2), Tensor.of(new float[] {0.75f, 1e-36f}, 2), 0.25);
    assertArrayEquals(new double[][] {{1 + 2 * (5 - 3), 1 / 0.5}}, run(new double[][] {{5, 1}}, bn));
  }

  @Test
  void flattenGoesStepByStepAndRepeatVectorRepeats() {
    assertArrayEquals(new double[][] {{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}},
        run(new double[][] {{1, 2}, {3, 4}}, new Layer.Flatten("f"), new Layer.RepeatVector("r", 3)));
  }

  @ParameterizedTest
  @MethodSource
  void activations(Activation activation, double[] expected) {
    var dense = new Layer.Dense("d", Tensor.of(new float[] {2}, 1, 1), Tensor.of(new float[] {1}, 1), activation);
    double[] x = {-2, -0.5, 1};
    for (int i = 0; i < x.length; i++) {
      assertEquals(expected[i], run(new double[][] {{x[i]}}, dense)[0][0], 1e-12);
    }
  }

  static List<Arguments> activations() { // of −3, 0, 3
    double e3 = Math.exp(-3);
    return List.of(Arguments.of(Activation.LINEAR, new double[] {-3, 0, 3}), Arguments.of(Activation.RELU, new double[] {0, 0, 3}),
        Arguments.of(Activation.TANH, new double[] {-0.9950547536867305, 0, 0.9950547536867305}),
        Arguments.of(Activation.SIGMOID, new double[] {e3 / (1 + e3), 0.5, 1 / (1 + e3)}),
        Arguments.of(Activation.SELU, new double[] {-1.7580993408473766 * (1 - e3), 0, 3.1521029620664414}));
  }

  @Test
  void theGatesOfAnLstmAreInTheOrderIFCO() {
    // One unit, no weights but biases: each gate has its own value, so that an exchange of two of them shows.
    double i = 0.3, f = 0.6, g = -0.4, o = 0.8;
    float[] bias = {(float) logit(i), (float) logit(f), (float) atanh(g), (float) logit(o)};
    var lstm = new Layer.LSTM("l", Tensor.filled(0, 1, 4), Tensor.filled(0, 1, 4), Tensor.of(bias, 4), true);
    double[][] y = run(new double[4][1], lstm);
    double c = 0;
    for (double[] h : y) {
      c = f * c + i * g;
      assertEquals(o * Math.tanh(c), h[0], 1e-7);
    }
    var last = new Layer.LSTM("l", lstm.kernel(), lstm.recurrent(), lstm.bias(), false);
    assertArrayEquals(new double[][] {y[3]}, run(new double[4][1], last));
  }

  @Test
  void anLstmIsDrivenByItsInputAndByItself() {
    // z = kernel x + recurrent h, only in the block of c; the other gates stand at σ(0) = 1/2.
    var kernel = Tensor.of(new float[] {0, 0, 2, 0}, 1, 4);
    var recurrent = Tensor.of(new float[] {0, 0, -3, 0}, 1, 4);
    double[][] y = run(new double[][] {{0.5}, {0.25}}, new Layer.LSTM("l", kernel, recurrent, Tensor.filled(0, 4), true));
    double c0 = 0.5 * Math.tanh(1);
    double h0 = 0.5 * Math.tanh(c0);
    double c1 = 0.5 * c0 + 0.5 * Math.tanh(0.5 - 3 * h0);
    assertArrayEquals(new double[][] {{h0}, {0.5 * Math.tanh(c1)}}, y);
  }

  @Test
  void denseWorksStepByStepAndDropoutDoesNothing() {
    var dense = new Layer.Dense("d", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2), Tensor.of(new float[] {10, 20}, 2), Activation.LINEAR);
    double[][] x = {{1, 0}, {0, 1}, {-1, 1}};
    double[][] expected = {{11, 22}, {13, 24}, {12, 22}};
    assertArrayEquals(expected, run(x, dense));
    assertArrayEquals(expected, run(x, new Layer.TimeDistributed(dense), new Layer.Dropout("o", 0.9)));
  }

  @Test
  void outputsAreTheMeanOfTheRepeats() {
    double[][] prediction = KerasReference.predict(TestNetworks.everything(), new double[6][4]);
    assertEquals(3, prediction.length);
    assertEquals((prediction[0][1] + prediction[1][1] + prediction[2][1]) / 3, KerasReference.mean(prediction)[1], 1e-15);
    assertTrue(Math.abs(prediction[0][1] - prediction[2][1]) > 1e-3, "the repeats of an LSTM differ");
  }

  // ---- what does not fit ----

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void refuses(String says, int window, int channels, List<Layer> layers) {
    var e = assertThrows(InputException.class, () -> Network.of("file", window, channels, layers));
    assertTrue(e.getMessage().startsWith("file:") && e.getMessage().contains(says), e.getMessage());
  }

  static List<Arguments> refuses() {
    var dense = new Layer.Dense("d", Tensor.filled(1, 3, 2), Tensor.filled(0, 2), Activation.LINEAR);
    var flatten = new Layer.Flatten("f");
    var nan = new Layer.Dense("n", Tensor.of(new float[] {1, Float.NaN}, 1, 2), Tensor.filled(0, 2), Activation.LINEAR);
    return List.of(
        Arguments.of("layer 'd' (Dense): is given [4, 5] where it takes [any, 3]", 4, 5, List.<Layer>of(dense)),
        Arguments.of("layer 'd' (Dense): is given [20] where it takes [3]", 4, 5, List.of(flatten, dense)),
        Arguments.of("layer 't' (RepeatVector): is given [4, 5] where it takes [any]", 4, 5, List.<Layer>of(new Layer.RepeatVector("t", 2))),
        Arguments.of("layer 'd' (TimeDistributed): is given [3] where it takes [any, any]", 1, 3, List.of(flatten, new Layer.TimeDistributed(dense))),
        Arguments.of("layer 'd' (Dense): a second layer of that name", 1, 3, List.of(dense, dense)),
        Arguments.of("layer 'n' (Dense): kernel[1] = NaN is not a finite number", 1, 1, List.<Layer>of(nan)),
        Arguments.of("layer ' ' (Flatten): has no name", 1, 1, List.<Layer>of(new Layer.Flatten(" "))),
        Arguments.of("layer 'r' (RepeatVector): makes too much", 10, 10, List.of(flatten, new Layer.RepeatVector("r", Integer.MAX_VALUE))),
        Arguments.of("an input of 1000000000 samples", 1_000_000_000, 10, List.<Layer>of(flatten)),
        Arguments.of("an input of 0 samples", 0, 1, List.<Layer>of(flatten)),
        Arguments.of("without layers", 1, 1, List.<Layer>of()));
  }

  @Test
  void layersRefuseWeightsThatDoNotFitTogether() {
    refused("bias has shape [3] where [2] is wanted",
        () -> new Layer.Dense("d", Tensor.filled(1, 1, 2), Tensor.filled(0, 3), Activation.TANH));
    refused("kernel has shape [2] where [any, any, any] is wanted",
        () -> new Layer.Conv1D("c", Tensor.filled(1, 2), Tensor.filled(0, 2), 1, Activation.TANH));
    refused("dilation_rate = 0",
        () -> new Layer.Conv1D("c", Tensor.filled(1, 1, 1, 1), Tensor.filled(0, 1), 0, Activation.TANH));
    refused("recurrent_kernel has shape [2, 4] where [any, 8] is wanted",
        () -> new Layer.LSTM("l", Tensor.filled(1, 1, 4), Tensor.filled(1, 2, 4), Tensor.filled(0, 4), true));
    refused("moving_variance[0] + epsilon = -0.5", () -> new Layer.BatchNormalization("b", Tensor.filled(1, 1), Tensor.filled(1, 1),
        Tensor.filled(1, 1), Tensor.filled(-1, 1), 0.5));
    refused("rate = 1.0", () -> new Layer.Dropout("d", 1));
    refused("n = 0", () -> new Layer.RepeatVector("r", 0));
    refused("8 bytes for float32 [3]", () -> new Tensor(new int[] {3}, Tensor.filled(0, 2).data()));
  }

  private static void refused(String says, Executable maker) {
    var e = assertThrows(IllegalArgumentException.class, maker);
    assertTrue(e.getMessage().contains(says), e.getMessage());
  }

  private static double[][] run(double[][] x, Layer... layers) {
    return KerasReference.predict(Network.of("test", x.length, x[0].length, Arrays.asList(layers)), x);
  }

  private static double logit(double p) {
    return Math.log(p / (1 - p));
  }

  private static double atanh(double y) {
    return 0.5 * Math.log((1 + y) / (1 - y));
  }
}
