package io.galvani.validation;

import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.device.cuda.Gemm;
import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Normalisation;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.SurrogateEngine;
import io.galvani.surrogate.SurrogateEngine.Inputs;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.SurrogatePrecision;
import io.galvani.surrogate.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Small surrogates, with every kind of stage that a plan has, on a GPU and on the CPU.
 *
 * @param gemm what multiplies on the GPU
 * @param allowed largest difference, as a share of the largest prediction
 */
record SurrogateCheck(SurrogatePrecision precision, Gemm gemm, double allowed) {
  static final List<SurrogateCheck> ALL = List.of(
      new SurrogateCheck(SurrogatePrecision.F64, Gemm.KERNEL, 1e-12),
      new SurrogateCheck(SurrogatePrecision.F32, Gemm.KERNEL, 2e-5),
      new SurrogateCheck(SurrogatePrecision.F32, Gemm.MMA, 5e-3),  // TF32 keeps three digits
      new SurrogateCheck(SurrogatePrecision.BF16, Gemm.KERNEL, 6e-2),
      new SurrogateCheck(SurrogatePrecision.BF16, Gemm.MMA, 6e-2));

  private static final int CELLS = 5;
  private static final int STEPS = 12;

  /** Such as {@code surrogate_mma_f32}. */
  String name() {
    return "surrogate_" + (gemm == Gemm.MMA ? "mma_" : "") + precision.name().toLowerCase(Locale.ROOT);
  }

  /** The result in words. */
  String run(CudaDevice device) throws Disagreement {
    double worst = Math.max(Math.max(compare(device, repeating(), 2), compare(device, sequence(), 1)), compare(device, streaming(), 2));
    return String.format(Locale.ROOT, "3 networks, %d cells each, %d steps: at most %.1e of the largest prediction from the CPU, %.0e is allowed",
        CELLS, STEPS, worst, allowed);
  }

  private double compare(CudaDevice device, Network network, int fedBack) throws Disagreement {
    var plan = Plan.of(network);
    var outputs = IntStream.range(0, fedBack).mapToObj(i -> new Output("y" + i, "", Normalisation.NONE, i, new Output.Affine(0.9, 0.01),
        new Output.Affine(0.1, 0.2), new Output.Gain(1, -0.5, 0.9))).toList();
    var options = SurrogateOptions.DEFAULT.cells(CELLS).precision(precision).lookAhead(5);
    double[] expected = predictions(CpuDevice.get().engine(plan, outputs, options), network, fedBack);
    double[] found = predictions(device.engine(plan, outputs, options, gemm), network, fedBack);
    double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      double share = Math.abs(found[i] - expected[i]) / scale;
      if (!(share <= allowed)) {
        throw new Disagreement(String.format(Locale.ROOT, "output %d of cell %d is %.9g at step %d, on the CPU %.9g; %.0e of %.3g is allowed",
            i % fedBack, i / fedBack % CELLS, found[i], i / fedBack / CELLS, expected[i], allowed, scale));
      }
      worst = Math.max(worst, share);
    }
    return worst;
  }

  private static double[] predictions(SurrogateEngine engine, Network network, int fedBack) {
    var random = new Random(11);
    try (engine) {
      engine.start(IntStream.range(0, CELLS)
          .mapToObj(c -> random.doubles((long) network.window() * network.channels()).map(x -> x > 0.4 ? x : 0).toArray()).toList());
      int n = 2 * STEPS;
      var in = new Inputs(n, new long[n], new int[n], new int[n], new double[n]);
      for (int i = 0; i < n; i++) {
        in.step()[i] = i / 2;
        in.cell()[i] = random.nextInt(CELLS);
        in.channel()[i] = fedBack + random.nextInt(network.channels() - fedBack);
        in.value()[i] = random.nextDouble();
      }
      double[] recorded = new double[STEPS * CELLS * fedBack];
      engine.advance(STEPS, in, recorded);
      return recorded;
    }
  }

  // ---- networks ----------------------------------------------------------------------------------------------------

  /** As those of the paper: convolutions, a projection, LSTMs on top of each other, the mean of dense layers. */
  private static Network repeating() {
    var w = new Random(1);
    return Network.of("self-test", 10, 5, List.of(
        new Layer.Conv1D("conv1", weights(w, 1, 5, 12), weights(w, 12), 1, Activation.RELU),
        new Layer.Conv1D("conv2", weights(w, 3, 12, 9), weights(w, 9), 1, Activation.TANH),
        new Layer.BatchNormalization("norm", weights(w, 9), weights(w, 9), weights(w, 9), filled(9, 1), 1e-3),
        new Layer.Flatten("flatten"), new Layer.RepeatVector("repeat", 3),
        new Layer.LSTM("lstm1", weights(w, 90, 32), weights(w, 8, 32), weights(w, 32), true),
        new Layer.LSTM("lstm2", weights(w, 8, 24), weights(w, 6, 24), weights(w, 24), true),
        new Layer.Dense("dense1", weights(w, 6, 70), weights(w, 70), Activation.SELU),
        new Layer.Dense("dense2", weights(w, 70, 2), weights(w, 2), Activation.LINEAR)));
  }

  /** What those have not: an LSTM over the window, repeats that a convolution sees. */
  private static Network sequence() {
    var w = new Random(2);
    return Network.of("self-test", 9, 3, List.of(
        new Layer.Conv1D("conv1", weights(w, 2, 3, 5), weights(w, 5), 2, Activation.SIGMOID),
        new Layer.LSTM("lstm", weights(w, 5, 16), weights(w, 4, 16), weights(w, 16), true),
        new Layer.Flatten("flatten"),
        new Layer.Dense("dense1", weights(w, 36, 7), weights(w, 7), Activation.LINEAR),
        new Layer.RepeatVector("repeat", 2),
        new Layer.Conv1D("conv2", weights(w, 2, 7, 3), weights(w, 3), 1, Activation.RELU),
        new Layer.Newest("newest"),
        new Layer.Dense("dense2", weights(w, 3, 1), weights(w, 1), Activation.TANH)));
  }

  /** What goes on from sample to sample: traces, leaking memories, an LSTM. */
  private static Network streaming() {
    var w = new Random(3);
    return Network.of("self-test", 6, 5, List.of(
        new Layer.Conv1D("conv1", weights(w, 1, 5, 12), weights(w, 12), 1, Activation.RELU),
        new Layer.Conv1D("conv2", weights(w, 4, 12, 9), weights(w, 9), 1, Activation.TANH),
        new Layer.Newest("newest"),
        new Layer.Traces("traces", filled(9, 0.8f)),
        new Layer.ELM("elm", weights(w, 9, 14), weights(w, 10, 14), weights(w, 14), weights(w, 14, 10), weights(w, 10), filled(10, 0.9f),
            filled(10, 0.2f)),
        new Layer.LSTM("lstm", weights(w, 10, 24), weights(w, 6, 24), weights(w, 24), false, true),
        new Layer.Dense("dense", weights(w, 6, 2), weights(w, 2), Activation.LINEAR)));
  }

  private static Tensor weights(Random random, int... shape) {
    float[] w = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < w.length; i++) {
      w[i] = (float) (random.nextDouble() - 0.5);
    }
    return Tensor.of(w, shape);
  }

  private static Tensor filled(int n, float value) {
    float[] w = new float[n];
    Arrays.fill(w, value);
    return Tensor.of(w, n);
  }
}
