package io.galvani.surrogate;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A layer with its weights, as Keras defines and names both: what it computes, at inference, is Keras' documentation of the class of that
 * name. A shape is [features], or [steps, features]; the batch is no part of it.
 *
 * <p>A layer refuses weights that do not fit together by an {@link IllegalArgumentException}; who reads a file adds the place.
 */
public sealed interface Layer {
  /** Unique within a network; its weights are stored under it. */
  String name();

  /** The class of Keras. */
  default String type() {
    return getClass().getSimpleName();
  }

  /** Whether it keeps numbers from sample to sample, beyond the window. */
  default boolean goesOn() {
    return false;
  }

  /** Its weights, by Keras' names for them. */
  default Map<String, Tensor> weights() {
    return Map.of();
  }

  /**
   * The shape of what it makes of an input.
   *
   * @throws IllegalArgumentException if it does not take such an input
   */
  int[] outputShape(int[] input);

  /** Multiplications (each with an addition) that matrices take for one input of that shape, nothing reused; LSTM: all steps. */
  default long multiplications(int[] input) {
    return 0;
  }

  /**
   * Convolution over time that looks back only: zeros stand to the left of the input.
   *
   * <p>{@code y[t][o] = activation(bias[o] + Σ_j Σ_i kernel[j][i][o] · x[t − (k − 1 − j) · dilation][i])}
   *
   * @param kernel [k, in, filters]; tap k − 1 meets the newest step
   * @param bias [filters]
   * @param dilation steps from tap to tap, 1 or more
   */
  record Conv1D(String name, Tensor kernel, Tensor bias, int dilation, Activation activation) implements Layer {
    public Conv1D {
      requireShape("kernel", kernel, -1, -1, -1);
      requireShape("bias", bias, kernel.extent(2));
      requireAtLeast1("dilation_rate", dilation);
    }

    @Override
    public Map<String, Tensor> weights() {
      return ordered("kernel", kernel, "bias", bias);
    }

    @Override
    public int[] outputShape(int[] input) {
      requireInput(input, 2, kernel.extent(1));
      return new int[] {input[0], kernel.extent(2)};
    }

    @Override
    public long multiplications(int[] input) {
      return input[0] * kernel.size();
    }
  }

  /**
   * Shifts and scales each feature by what training has seen.
   *
   * <p>{@code y = gamma · (x − mean) / √(variance + epsilon) + beta}
   *
   * @param gamma [features], likewise the other three
   * @param epsilon decides where a variance is next to nothing
   */
  record BatchNormalization(String name, Tensor gamma, Tensor beta, Tensor mean, Tensor variance, double epsilon) implements Layer {
    public BatchNormalization {
      requireShape("gamma", gamma, -1);
      requireShape("beta", beta, gamma.extent(0));
      requireShape("moving_mean", mean, gamma.extent(0));
      requireShape("moving_variance", variance, gamma.extent(0));
      if (!(epsilon >= 0 && epsilon < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("epsilon = " + epsilon + " is not 0 or more");
      }
      for (int i = 0; i < variance.size(); i++) {
        if (!(variance.at(i) + epsilon > 0)) {
          throw new IllegalArgumentException("moving_variance[" + i + "] + epsilon = " + (variance.at(i) + epsilon) + " is not above 0");
        }
      }
    }

    @Override
    public Map<String, Tensor> weights() {
      return ordered("gamma", gamma, "beta", beta, "moving_mean", mean, "moving_variance", variance);
    }

    @Override
    public int[] outputShape(int[] input) {
      requireInput(input, input.length, gamma.extent(0));
      return input.clone();
    }
  }

  /** [steps, features] to [steps · features], row by row. */
  record Flatten(String name) implements Layer {
    @Override
    public int[] outputShape(int[] input) {
      return new int[] {Arrays.stream(input).reduce(1, Math::multiplyExact)};
    }
  }

  /**
   * [features] to [n, features]: the same at each of n steps.
   *
   * @param n 1 or more
   */
  record RepeatVector(String name, int n) implements Layer {
    public RepeatVector {
      requireAtLeast1("n", n);
    }

    @Override
    public int[] outputShape(int[] input) {
      requireInput(input, 1, -1);
      return new int[] {n, input[0]};
    }
  }

  /**
   * Long short-term memory; activation tanh, recurrent activation sigmoid, h and c begin at 0.
   *
   * <p>{@code z = x · kernel + h · recurrent + bias} holds four blocks of H, the gates in the order i, f, c, o:
   * {@code c ← σ(z_f) · c + σ(z_i) · tanh(z_c)}, {@code h ← σ(z_o) · tanh(c)}.
   *
   * @param kernel [in, 4 H]
   * @param recurrent [H, 4 H]
   * @param bias [4 H]
   * @param returnSequences whether it gives h of each step, [steps, H], or of the last alone, [H]
   * @param stateful whether h and c go on from sample to sample: it then takes one step, [in] to [H]
   */
  record LSTM(String name, Tensor kernel, Tensor recurrent, Tensor bias, boolean returnSequences, boolean stateful) implements Layer {
    /** One that begins anew in each window. */
    public LSTM(String name, Tensor kernel, Tensor recurrent, Tensor bias, boolean returnSequences) {
      this(name, kernel, recurrent, bias, returnSequences, false);
    }

    public LSTM {
      if (returnSequences && stateful) {
        throw new IllegalArgumentException("return_sequences and stateful exclude each other: a stateful LSTM takes one step");
      }
      requireShape("recurrent_kernel", recurrent, -1, -1);
      requireShape("recurrent_kernel", recurrent, -1, Math.multiplyExact(4, recurrent.extent(0)));
      requireShape("kernel", kernel, -1, recurrent.extent(1));
      requireShape("bias", bias, recurrent.extent(1));
    }

    /** H, the number of cells. */
    public int units() {
      return recurrent.extent(0);
    }

    @Override
    public boolean goesOn() {
      return stateful;
    }

    @Override
    public Map<String, Tensor> weights() {
      return ordered("kernel", kernel, "recurrent_kernel", recurrent, "bias", bias);
    }

    @Override
    public int[] outputShape(int[] input) {
      requireInput(input, stateful ? 1 : 2, kernel.extent(0));
      return returnSequences ? new int[] {input[0], units()} : new int[] {units()};
    }

    @Override
    public long multiplications(int[] input) {
      return (stateful ? 1 : input[0]) * (kernel.size() + recurrent.size());
    }
  }

  /**
   * {@code y = activation(x · kernel + bias)}, at each step if there are several.
   *
   * @param kernel [in, units]
   * @param bias [units]
   */
  record Dense(String name, Tensor kernel, Tensor bias, Activation activation) implements Layer {
    public Dense {
      requireShape("kernel", kernel, -1, -1);
      requireShape("bias", bias, kernel.extent(1));
    }

    @Override
    public Map<String, Tensor> weights() {
      return ordered("kernel", kernel, "bias", bias);
    }

    @Override
    public int[] outputShape(int[] input) {
      requireInput(input, input.length, kernel.extent(0));
      int[] output = input.clone();
      output[output.length - 1] = kernel.extent(1);
      return output;
    }

    @Override
    public long multiplications(int[] input) {
      return (input.length == 2 ? input[0] : 1) * kernel.size();
    }
  }

  /** A layer for one step, at each of several. */
  record TimeDistributed(Dense layer) implements Layer {
    @Override
    public String name() {
      return layer.name();
    }

    @Override
    public Map<String, Tensor> weights() {
      return layer.weights();
    }

    @Override
    public int[] outputShape(int[] input) {
      requireInput(input, 2, -1);
      return layer.outputShape(input);
    }

    @Override
    public long multiplications(int[] input) {
      return layer.multiplications(input);
    }
  }

  /**
   * Nothing but a mark of how the network was trained.
   *
   * @param rate share of the features that training leaves out, from 0 to below 1
   */
  record Dropout(String name, double rate) implements Layer {
    public Dropout {
      if (!(rate >= 0 && rate < 1)) {
        throw new IllegalArgumentException("rate = " + rate + " is not from 0 to below 1");
      }
    }

    @Override
    public int[] outputShape(int[] input) {
      return input.clone();
    }
  }

  // ---- layers that go with the stream of samples, and are none of Keras ----------------------------------------------

  /** [steps, features] to [features]: the newest step. What stands before it then looks back as far as it reaches, without an edge. */
  record Newest(String name) implements Layer {
    @Override
    public int[] outputShape(int[] input) {
      requireInput(input, 2, -1);
      return new int[] {input[1]};
    }
  }

  /**
   * Exponential traces: {@code y ← decay · y + x}, from sample to sample; 0 before the first.
   *
   * @param decay [features], from 0 to below 1, for one sample
   */
  record Traces(String name, Tensor decay) implements Layer {
    public Traces {
      requireShape("decay", decay, -1);
      requireDecay("decay", decay);
    }

    @Override
    public boolean goesOn() {
      return true;
    }

    @Override
    public Map<String, Tensor> weights() {
      return ordered("decay", decay);
    }

    @Override
    public int[] outputShape(int[] input) {
      requireInput(input, 1, decay.extent(0));
      return input.clone();
    }
  }

  /**
   * The memory of an expressive leaky neuron (Spieler et al. 2024, arXiv 2306.16922, without its synapses: {@link Traces} are these): a
   * perceptron of one hidden layer decides what is added to leaking memories m, from sample to sample; m is 0 before the first.
   *
   * <p>{@code d = decay · m}, {@code u = relu(x · kernel + d · recurrent_kernel + bias)}, {@code m ← d + gain · tanh(u · update_kernel +
   * update_bias)}.
   *
   * @param kernel [in, H]
   * @param recurrent [M, H]
   * @param bias [H]
   * @param update [H, M]
   * @param updateBias [M]
   * @param decay [M], from 0 to below 1, for one sample
   * @param gain [M]
   */
  record ELM(String name, Tensor kernel, Tensor recurrent, Tensor bias, Tensor update, Tensor updateBias, Tensor decay, Tensor gain)
      implements Layer {
    public ELM {
      requireShape("recurrent_kernel", recurrent, -1, -1);
      requireShape("kernel", kernel, -1, recurrent.extent(1));
      requireShape("bias", bias, recurrent.extent(1));
      requireShape("update_kernel", update, recurrent.extent(1), recurrent.extent(0));
      requireShape("update_bias", updateBias, recurrent.extent(0));
      requireShape("decay", decay, recurrent.extent(0));
      requireShape("gain", gain, recurrent.extent(0));
      requireDecay("decay", decay);
    }

    /** M, the number of memories. */
    public int memories() {
      return recurrent.extent(0);
    }

    @Override
    public boolean goesOn() {
      return true;
    }

    @Override
    public Map<String, Tensor> weights() {
      return ordered("kernel", kernel, "recurrent_kernel", recurrent, "bias", bias, "update_kernel", update, "update_bias", updateBias, "decay",
          decay, "gain", gain);
    }

    @Override
    public int[] outputShape(int[] input) {
      requireInput(input, 1, kernel.extent(0));
      return new int[] {memories()};
    }

    @Override
    public long multiplications(int[] input) {
      return kernel.size() + recurrent.size() + update.size();
    }
  }

  private static void requireDecay(String weight, Tensor decay) {
    for (int i = 0; i < decay.size(); i++) {
      if (!(decay.at(i) >= 0 && decay.at(i) < 1)) {
        throw new IllegalArgumentException(weight + "[" + i + "] = " + decay.at(i) + " is not from 0 to below 1");
      }
    }
  }

  private static Map<String, Tensor> ordered(Object... namesAndTensors) {
    var map = new LinkedHashMap<String, Tensor>();
    for (int i = 0; i < namesAndTensors.length; i += 2) {
      map.put((String) namesAndTensors[i], (Tensor) namesAndTensors[i + 1]);
    }
    return map;
  }

  private static void requireAtLeast1(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + " = " + value + " is not 1 or more");
    }
  }

  /** Refuses weights of another shape; −1 stands for any extent. */
  private static void requireShape(String weight, Tensor tensor, int... shape) {
    boolean fits = tensor.rank() == shape.length;
    for (int i = 0; fits && i < shape.length; i++) {
      fits = shape[i] < 0 || shape[i] == tensor.extent(i);
    }
    if (!fits) {
      throw new IllegalArgumentException(weight + " has shape " + Arrays.toString(tensor.shape()) + " where " + pattern(shape)
          + " is wanted");
    }
  }

  /** Refuses an input of another rank, or of other than so many features; −1 stands for any number. */
  private static void requireInput(int[] input, int rank, int features) {
    if (input.length != rank || features >= 0 && input[rank - 1] != features) {
      int[] wanted = new int[rank];
      Arrays.fill(wanted, -1);
      wanted[rank - 1] = features;
      throw new IllegalArgumentException("is given " + Arrays.toString(input) + " where it takes " + pattern(wanted));
    }
  }

  private static String pattern(int[] shape) {
    return Arrays.toString(shape).replace("-1", "any");
  }
}
