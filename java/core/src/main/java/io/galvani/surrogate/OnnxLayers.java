package io.galvani.surrogate;

import io.galvani.surrogate.Layer.BatchNormalization;
import io.galvani.surrogate.Layer.Conv1D;
import io.galvani.surrogate.Layer.Dense;
import io.galvani.surrogate.Layer.LSTM;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;

/** Layers as nodes of an ONNX graph. What is [steps, features] in a network is [N, steps, features] there. */
final class OnnxLayers {
  private static final int[] KERAS_GATES = {0, 3, 1, 2}; // in the order of ONNX: i, o, f, c

  private final OnnxGraph graph;

  OnnxLayers(OnnxGraph graph) {
    this.graph = graph;
  }

  /** Adds a layer to which x of that shape is given; the value that it makes. */
  String add(Layer layer, String x, int[] shape) {
    graph.enter(layer.name());
    return switch (layer) {
      case Conv1D l -> conv1D(within(l, shape[0]), x);
      case BatchNormalization l -> shape.length == 1 ? batchNormalization(l, x) : transposed(batchNormalization(l, transposed(x)));
      case Layer.Flatten l -> graph.add("Flatten", x);
      case Layer.RepeatVector l -> graph.add("Expand", graph.add("Unsqueeze", x, graph.constant(1)), graph.constant(1, l.n(), 1));
      case LSTM l -> lstm(l, x);
      case Dense l -> dense(l, x);
      case Layer.TimeDistributed l -> dense(l.layer(), x);
      case Layer.Dropout l -> x;
      case Layer.Newest l -> graph.node("Gather", x, graph.constant(-1)).with("axis", 1).output();
      case Layer.Traces l -> throw new IllegalArgumentException(l.name());
      case Layer.ELM l -> throw new IllegalArgumentException(l.name());
    };
  }

  /** The mean over the steps. */
  String mean(String x) {
    return graph.node("ReduceMean", x).with("axes", new long[] {1}).with("keepdims", 0).output();
  }

  /** How many steps a convolution looks back. */
  static int reach(Conv1D l) {
    return (l.kernel().extent(0) - 1) * l.dilation();
  }

  /** A convolution without the taps that, in so many steps, meet the zeros alone. */
  static Conv1D within(Conv1D l, int steps) {
    var kernel = l.kernel();
    int taps = Math.min(kernel.extent(0), (steps - 1) / l.dilation() + 1);
    long kept = kernel.data().byteSize() / kernel.extent(0) * taps;
    var newest = new Tensor(new int[] {taps, kernel.extent(1), kernel.extent(2)}, kernel.data().asSlice(kernel.data().byteSize() - kept));
    return new Conv1D(l.name(), newest, l.bias(), l.dilation(), l.activation());
  }

  private String conv1D(Conv1D l, String x) {
    var conv = graph.node("Conv", transposed(x), graph.constant("kernel", permuted(l.kernel(), 2, 1, 0)), graph.constant("bias", l.bias()))
        .with("dilations", new long[] {l.dilation()}).with("pads", new long[] {reach(l), 0});
    return transposed(activated(l.activation(), conv.output()));
  }

  /** The newest columns, which meet no zeros, [N, steps, in] to [N, steps − reach, filters]: one product, since they are few. */
  String newest(Conv1D l, String x, int steps) {
    graph.enter(l.name());
    int taps = l.kernel().extent(0);
    int in = l.kernel().extent(1);
    int columns = steps - reach(l);
    String gathered = x;
    if (taps > 1) {
      long[] at = new long[columns * taps];
      Arrays.setAll(at, i -> i / taps + i % taps * l.dilation());
      gathered = graph.node("Gather", x, graph.constant(new int[] {columns, taps}, at)).with("axis", 1).output();
      gathered = graph.add("Reshape", gathered, graph.constant(0, columns, (long) taps * in));
    }
    return activated(l.activation(), l.bias(), graph.add("MatMul", gathered, kernel(l)));
  }

  /** The oldest columns, to the left of which stand zeros, [N, steps, in] to [N, steps, filters]: a product a tap, none of it of zeros. */
  String oldest(Conv1D l, String x, int steps) {
    graph.enter(l.name());
    int taps = l.kernel().extent(0);
    int in = l.kernel().extent(1);
    var products = new ArrayList<String>();
    for (int tap = taps - 1; tap >= 0; tap--) {
      int delay = (taps - 1 - tap) * l.dilation();
      if (delay < steps) {
        String weights = taps == 1 ? kernel(l) : sliced(kernel(l), 0, tap * in, (tap + 1) * in);
        String product = graph.add("MatMul", delay == 0 ? x : sliced(x, 1, 0, steps - delay), weights);
        products.add(delay == 0 ? product : graph.add("Pad", product, graph.constant(0, delay, 0, 0, 0, 0)));
      }
    }
    String sum = products.size() == 1 ? products.getFirst() : graph.add("Sum", products.toArray(String[]::new));
    return activated(l.activation(), l.bias(), sum);
  }

  /** Elements first…end − 1 of a dimension. */
  String sliced(String x, int dimension, long first, long end) {
    return graph.add("Slice", x, graph.constant(first), graph.constant(end), graph.constant(dimension));
  }

  /** [taps · in, filters] */
  private String kernel(Conv1D l) {
    return graph.constant("kernel", l.kernel(), l.kernel().extent(0) * l.kernel().extent(1), l.kernel().extent(2));
  }

  private String batchNormalization(BatchNormalization l, String x) {
    return graph.node("BatchNormalization", x, graph.constant("gamma", l.gamma()), graph.constant("beta", l.beta()),
        graph.constant("moving_mean", l.mean()), graph.constant("moving_variance", l.variance())).with("epsilon", (float) l.epsilon())
        .output();
  }

  private String dense(Dense l, String x) {
    return activated(l.activation(), l.bias(), graph.add("MatMul", x, graph.constant("kernel", l.kernel())));
  }

  private String activated(Activation activation, Tensor bias, String product) {
    return activated(activation, graph.add("Add", product, graph.constant("bias", bias)));
  }

  private String activated(Activation activation, String x) {
    return switch (activation) {
      case LINEAR -> x;
      case RELU -> graph.add("Relu", x);
      case TANH -> graph.add("Tanh", x);
      case SIGMOID -> graph.add("Sigmoid", x);
      case SELU -> graph.add("Selu", x);
    };
  }

  /** [N, steps, features] to [N, features, steps], which convolutions and normalisations of ONNX take, or back. */
  private String transposed(String x) {
    return graph.node("Transpose", x).with("perm", new long[] {0, 2, 1}).output();
  }

  // ---- LSTM ----

  private String lstm(LSTM l, String x) {
    int units = l.units();
    String kernel = graph.constant("kernel", permuted(gates(l.kernel()), 1, 0), 1, 4 * units, l.kernel().extent(0));
    String recurrent = graph.constant("recurrent_kernel", permuted(gates(l.recurrent()), 1, 0), 1, 4 * units, units);
    float[] biases = new float[8 * units]; // ONNX has a second one, for h
    MemorySegment.copy(gates(l.bias()).data(), 0, MemorySegment.ofArray(biases), 0, l.bias().data().byteSize());
    String bias = graph.constant("bias", Tensor.of(biases, 1, 8 * units));
    // h of all steps, [steps, 1, N, H], and of the last, [1, N, H]
    var outputs = graph.node("LSTM", stepsFirst(x), kernel, recurrent, bias).with("hidden_size", units).outputs(2);
    return l.returnSequences() ? stepsFirst(graph.add("Squeeze", outputs.get(0), graph.constant(1)))
        : graph.add("Squeeze", outputs.get(1), graph.constant(0));
  }

  /**
   * An LSTM that is given the same at each step: its input is projected once.
   *
   * @param x [N, in]
   */
  String repeatedLstm(LSTM l, String x, int steps) {
    graph.enter(l.name());
    int units = l.units();
    String recurrent = steps == 1 ? null : graph.constant("recurrent_kernel", gates(l.recurrent())); // h begins at 0
    String projection = graph.add("Add", graph.add("MatMul", x, graph.constant("kernel", gates(l.kernel()))),
        graph.constant("bias", gates(l.bias())));
    String[] all = new String[steps];
    String h = null;
    String c = null;
    for (int step = 0; step < steps; step++) {
      String z = step == 0 ? projection : graph.add("Add", projection, graph.add("MatMul", h, recurrent));
      var parts = graph.node("Split", z, graph.constant(3L * units, units)).with("axis", 1).outputs(2);
      var iof = graph.node("Split", graph.add("Sigmoid", parts.get(0)), graph.constant(units, units, units)).with("axis", 1).outputs(3);
      String entered = graph.add("Mul", iof.get(0), graph.add("Tanh", parts.get(1)));
      c = step == 0 ? entered : graph.add("Add", graph.add("Mul", iof.get(2), c), entered);
      h = graph.add("Mul", iof.get(1), graph.add("Tanh", c));
      all[step] = l.returnSequences() ? graph.add("Unsqueeze", h, graph.constant(1)) : h;
    }
    return l.returnSequences() ? graph.node("Concat", all).with("axis", 1).output() : h;
  }

  private String stepsFirst(String x) {
    return graph.node("Transpose", x).with("perm", new long[] {1, 0, 2}).output();
  }

  /** The four blocks of the last dimension, which hold Keras' gates i, f, c, o, in the order of ONNX. */
  private static Tensor gates(Tensor keras) {
    int width = keras.extent(keras.rank() - 1);
    int units = width / 4;
    float[] values = new float[Math.toIntExact(keras.size())];
    for (int i = 0; i < values.length; i++) {
      int column = i % width;
      values[i] = keras.at(i - column + KERAS_GATES[column / units] * units + column % units);
    }
    return Tensor.of(values, keras.shape());
  }

  /** The transpose whose dimension d is dimension {@code order[d]} of the tensor. */
  private static Tensor permuted(Tensor t, int... order) {
    int[] shape = Arrays.stream(order).map(t::extent).toArray();
    int[] stride = new int[order.length];
    for (int d = 0; d < order.length; d++) {
      stride[d] = Arrays.stream(t.shape()).skip(order[d] + 1).reduce(1, (a, b) -> a * b);
    }
    float[] values = new float[Math.toIntExact(t.size())];
    for (int i = 0; i < values.length; i++) {
      int at = 0;
      for (int d = order.length - 1, rest = i; d >= 0; rest /= shape[d--]) {
        at += rest % shape[d] * stride[d];
      }
      values[i] = t.at(at);
    }
    return Tensor.of(values, shape);
  }
}
