package io.galvani.bench.surrogate;

import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Tensor;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Squeeze;
import org.tensorflow.op.core.Stack;
import org.tensorflow.op.core.Unstack;
import org.tensorflow.op.nn.Conv2d;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;

/**
 * TensorFlow on the network as Keras runs it: convolutions over the padded window, and LSTMs step by step, each of which projects all
 * its steps in one product.
 */
final class TensorFlowStepper extends WindowStepper {
  private static final String WINDOW = "window";
  private static final String MEAN = "mean";

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Session session;
  private final TFloat32 tensor;

  TensorFlowStepper(Network network, int cells, int threads) {
    super(network, cells);
    Operand<TFloat32> x = tf.withName(WINDOW).placeholder(TFloat32.class,
        Placeholder.shape(Shape.of(-1, network.window(), network.channels())));
    for (int i = 0; i < network.layers().size(); i++) {
      x = layer(network.layers().get(i), x, network.shape(i));
    }
    x = network.shape(network.layers().size()).length == 1 ? x : tf.math.mean(x, tf.constant(1));
    tf.withName(MEAN).identity(x);
    session = new Session(graph,
        ConfigProto.newBuilder().setIntraOpParallelismThreads(threads).setInterOpParallelismThreads(1).build());
    tensor = TFloat32.tensorOf(Shape.of(cells, network.window(), network.channels()));
  }

  @Override
  void predict(float[] prediction) {
    tensor.copyFrom(DataBuffers.of(window.duplicate()));
    try (var result = session.runner().feed(WINDOW, tensor).fetch(MEAN).run()) {
      ((TFloat32) result.get(0)).copyTo(DataBuffers.of(prediction, false, false));
    }
  }

  @Override
  public void close() {
    tensor.close();
    session.close();
    graph.close();
  }

  // ---- layers ----

  private Operand<TFloat32> layer(Layer layer, Operand<TFloat32> x, int[] shape) {
    return switch (layer) {
      case Layer.Conv1D l -> conv1D(l, x);
      case Layer.BatchNormalization l -> batchNormalization(l, x);
      case Layer.Flatten l -> tf.reshape(x, tf.constant(new int[] {-1, shape.length == 1 ? shape[0] : shape[0] * shape[1]}));
      case Layer.RepeatVector l -> tf.tile(tf.expandDims(x, tf.constant(1)), tf.constant(new int[] {1, l.n(), 1}));
      case Layer.LSTM l -> lstm(l, x, shape[0]);
      case Layer.Dense l -> dense(l, x, shape);
      case Layer.TimeDistributed l -> dense(l.layer(), x, shape);
      case Layer.Dropout l -> x;
      default -> throw new IllegalArgumentException(layer.type() + " is none of Keras");
    };
  }

  /** As Keras does it: a convolution of two dimensions, of which one has one row. */
  private Operand<TFloat32> conv1D(Layer.Conv1D l, Operand<TFloat32> x) {
    var k = l.kernel();
    int reach = (k.extent(0) - 1) * l.dilation();
    var padded = reach == 0 ? x : tf.pad(x, tf.constant(new int[][] {{0, 0}, {reach, 0}, {0, 0}}), tf.constant(0f));
    var y = tf.nn.conv2d(tf.expandDims(padded, tf.constant(1)), constant(k, 1, k.extent(0), k.extent(1), k.extent(2)),
        List.of(1L, 1L, 1L, 1L), "VALID", Conv2d.dilations(1L, 1L, (long) l.dilation(), 1L));
    return activated(l.activation(), tf.nn.biasAdd(tf.squeeze(y, Squeeze.axis(List.of(1L))), constant(l.bias())));
  }

  private Operand<TFloat32> batchNormalization(Layer.BatchNormalization l, Operand<TFloat32> x) {
    var scale = tf.math.div(constant(l.gamma()), tf.math.sqrt(tf.math.add(constant(l.variance()), tf.constant((float) l.epsilon()))));
    return tf.math.add(tf.math.mul(tf.math.sub(x, constant(l.mean())), scale), constant(l.beta()));
  }

  private Operand<TFloat32> dense(Layer.Dense l, Operand<TFloat32> x, int[] shape) {
    var y = tf.nn.biasAdd(tf.linalg.matMul(rows(x, shape), constant(l.kernel())), constant(l.bias()));
    return activated(l.activation(), shape.length == 1 ? y : steps(y, shape[0], l.kernel().extent(1)));
  }

  private Operand<TFloat32> lstm(Layer.LSTM l, Operand<TFloat32> x, int steps) {
    var projected = tf.nn.biasAdd(tf.linalg.matMul(rows(x, new int[] {steps, l.kernel().extent(0)}), constant(l.kernel())),
        constant(l.bias()));
    var projections = tf.unstack(steps(projected, steps, 4 * l.units()), (long) steps, Unstack.axis(1L)).output();
    var recurrent = constant(l.recurrent());
    var all = new ArrayList<Operand<TFloat32>>();
    Operand<TFloat32> h = null;
    Operand<TFloat32> c = null;
    for (int t = 0; t < steps; t++) {
      Operand<TFloat32> z = projections.get(t);
      z = h == null ? z : tf.math.add(z, tf.linalg.matMul(h, recurrent));
      var gates = tf.split(tf.constant(1), z, 4L).output(); // i, f, c, o
      Operand<TFloat32> entered = tf.math.mul(tf.math.sigmoid(gates.get(0)), tf.math.tanh(gates.get(2)));
      c = c == null ? entered : tf.math.add(tf.math.mul(tf.math.sigmoid(gates.get(1)), c), entered);
      h = tf.math.mul(tf.math.sigmoid(gates.get(3)), tf.math.tanh(c));
      all.add(h);
    }
    return l.returnSequences() ? tf.stack(all, Stack.axis(1L)) : h;
  }

  private Operand<TFloat32> activated(Activation activation, Operand<TFloat32> x) {
    return switch (activation) {
      case LINEAR -> x;
      case RELU -> tf.nn.relu(x);
      case TANH -> tf.math.tanh(x);
      case SIGMOID -> tf.math.sigmoid(x);
      case SELU -> tf.nn.selu(x);
    };
  }

  /** [cells, steps, features] to [cells · steps, features]. */
  private Operand<TFloat32> rows(Operand<TFloat32> x, int[] shape) {
    return shape.length == 1 ? x : tf.reshape(x, tf.constant(new int[] {-1, shape[1]}));
  }

  private Operand<TFloat32> steps(Operand<TFloat32> rows, int steps, int features) {
    return tf.reshape(rows, tf.constant(new int[] {-1, steps, features}));
  }

  private Operand<TFloat32> constant(Tensor weights, long... shape) {
    float[] values = new float[Math.toIntExact(weights.size())];
    weights.data().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return tf.constant(shape.length > 0 ? Shape.of(shape) : Shape.of(Arrays.stream(weights.shape()).asLongStream().toArray()),
        DataBuffers.of(values, true, false));
  }
}
