package io.galvani.training.torch;

import static org.bytedeco.pytorch.global.torch.addmm;
import static org.bytedeco.pytorch.global.torch.cat;
import static org.bytedeco.pytorch.global.torch.constant_pad_nd;
import static org.bytedeco.pytorch.global.torch.lstm;
import static org.bytedeco.pytorch.global.torch.matmul;
import static org.bytedeco.pytorch.global.torch.relu;
import static org.bytedeco.pytorch.global.torch.selu;
import static org.bytedeco.pytorch.global.torch.sigmoid;
import static org.bytedeco.pytorch.global.torch.stack;
import static org.bytedeco.pytorch.global.torch.tanh;
import static org.bytedeco.pytorch.global.torch.zeros_like;

import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * A network over a window, its weights in libtorch: predictions of many windows that follow each other by one sample, in a way that can be
 * differentiated. Exactly the network's function (zeros stand to the left of each window, as Keras has it), without computing a column of
 * the convolutions anew for each window that it stands in: only the first few, which reach beyond the left edge, differ from window to
 * window.
 */
final class TorchNetwork {
  private final Network network;
  private final int reach;          // samples that a column sees before its own
  private final List<Tensor> weights = new ArrayList<>();
  private final List<Integer> first = new ArrayList<>();  // of the weights of each layer

  /** @param network of the layers Conv1D, Dense, TimeDistributed, Flatten, Newest, RepeatVector and LSTM */
  TorchNetwork(Network network) {
    this.network = network;
    long reaches = 0;
    for (Layer layer : network.layers()) {
      first.add(weights.size());
      layer.weights().values().forEach(w -> weights.add(of(w)));
      if (layer instanceof Layer.Conv1D c) {
        reaches += (c.kernel().extent(0) - 1L) * c.dilation();
      }
    }
    reach = (int) Math.min(reaches, network.window());
  }

  private static Tensor of(io.galvani.surrogate.Tensor weights) {
    float[] values = new float[Math.toIntExact(weights.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = weights.at(i);
    }
    long[] shape = new long[weights.rank()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = weights.extent(i);
    }
    return Tensor.create(values, shape);
  }

  /** All weights, layer by layer. */
  List<Tensor> weights() {
    return weights;
  }

  /** Index of the first weight of the last so many layers that have any. */
  int firstOfTop(int layers) {
    int left = layers;
    for (int i = network.layers().size() - 1; i >= 0; i--) {
      if (!network.layers().get(i).weights().isEmpty() && --left == 0) {
        return first.get(i);
      }
    }
    return 0;
  }

  /** The numbers of a weight. */
  static float[] values(Tensor weight) {
    float[] values = new float[Math.toIntExact(weight.numel())];
    try (var _ = new PointerScope()) {
      weight.contiguous().data_ptr_float().get(values);
    }
    return values;
  }

  /** Weights from the first one on can be differentiated by, the others cannot. */
  void train(int from) {
    weights.subList(from, weights.size()).forEach(w -> w.set_requires_grad(true));
  }

  /** Sets all weights. */
  void set(List<float[][]> values) {
    for (int i = 0; i < weights.size(); i++) {
      try (var _ = new PointerScope()) {
        weights.get(i).data_ptr_float().put(values.get(i)[0]);
      }
    }
  }

  /**
   * The layers with other weights, as they will be stored: in float16, which is finer than what training leaves to chance.
   *
   * @param values of each weight
   */
  List<Layer> layers(List<float[][]> values) {
    var layers = new ArrayList<Layer>();
    for (int i = 0; i < network.layers().size(); i++) {
      int from = first.get(i);
      layers.add(switch (network.layers().get(i)) {
        case Layer.Conv1D l -> new Layer.Conv1D(l.name(), rounded(l.kernel(), values.get(from)), rounded(l.bias(), values.get(from + 1)),
            l.dilation(), l.activation());
        case Layer.LSTM l -> new Layer.LSTM(l.name(), rounded(l.kernel(), values.get(from)), rounded(l.recurrent(), values.get(from + 1)),
            rounded(l.bias(), values.get(from + 2)), l.returnSequences(), l.stateful());
        case Layer.Dense l -> dense(l, values, from);
        case Layer.TimeDistributed l -> new Layer.TimeDistributed(dense(l.layer(), values, from));
        case Layer l -> l;
      });
    }
    return layers;
  }

  private static Layer.Dense dense(Layer.Dense l, List<float[][]> values, int from) {
    return new Layer.Dense(l.name(), rounded(l.kernel(), values.get(from)), rounded(l.bias(), values.get(from + 1)), l.activation());
  }

  private static io.galvani.surrogate.Tensor rounded(io.galvani.surrogate.Tensor like, float[][] values) {
    float[] halves = new float[values[0].length];
    for (int i = 0; i < halves.length; i++) {
      halves[i] = Float.float16ToFloat(Float.floatToFloat16(values[0][i]));
    }
    return io.galvani.surrogate.Tensor.of(halves, like.shape());
  }

  /**
   * Predictions of the windows of some chunks.
   *
   * @param chunks [chunks, window − 1 + windows, channels]
   * @return [chunks · windows, outputs], the windows of a chunk one after the other
   */
  Tensor predict(Tensor chunks) {
    int i = 0;
    while (i < network.layers().size() && isColumnar(network.layers().get(i))) {
      i++;
    }
    Tensor x = windows(chunks, i);   // [windows, steps, features]
    int repeats = 1;                 // it is the same so many times; not stored so often
    for (; i < network.layers().size(); i++) {
      switch (network.layers().get(i)) {
        case Layer.Flatten l -> x = x.reshape(x.size(0), -1);
        case Layer.Newest l -> x = x.select(1, -1);
        case Layer.RepeatVector l -> repeats = l.n();
        case Layer.Dense l -> x = dense(x, first.get(i), l.activation());
        case Layer.TimeDistributed l -> x = dense(x, first.get(i), l.layer().activation());
        case Layer.LSTM l -> {
          x = overSteps(x, l, first.get(i), repeats);
          repeats = 1;
        }
        default -> throw new IllegalArgumentException(network.layers().get(i).type() + " is not trained");
      }
    }
    return x.dim() == 3 ? x.mean(1) : x;
  }

  /**
   * Predictions of a network whose LSTMs carry their state, of streams that go on.
   *
   * @param chunks [streams, window − 1 + rows, channels]
   * @param state of each LSTM what it hands on, {@code h} and {@code c} of [streams · units]; replaced by what they are at the end
   * @return [rows, streams, outputs]
   */
  Tensor goOn(Tensor chunks, List<float[][]> state) {
    int i = 0;
    while (i < network.layers().size() && isColumnar(network.layers().get(i))) {
      i++;
    }
    Tensor x = columns(chunks, i, false).transpose(0, 1);   // [rows, streams, features]
    int lstms = 0;
    for (; i < network.layers().size(); i++) {
      switch (network.layers().get(i)) {
        case Layer.Newest l -> { } // each row is the newest of its window
        case Layer.Dense l -> x = dense(x, first.get(i), l.activation());
        case Layer.LSTM l when l.stateful() -> x = goOn(x, l, first.get(i), state.get(lstms++));
        default -> throw new IllegalArgumentException(network.layers().get(i).type() + " is not trained on streams");
      }
    }
    return x;
  }

  // libtorch orders gates as the file format does: input, forget, cell, output.
  private Tensor goOn(Tensor x, Layer.LSTM l, int weight, float[][] state) {
    long[] shape = {1, x.size(1), l.units()};
    Tensor bias = weights.get(weight + 2);
    var out = lstm(x, new TensorVector(Tensor.create(state[0], shape), Tensor.create(state[1], shape)),
        new TensorVector(weights.get(weight).t(), weights.get(weight + 1).t(), bias, zeros_like(bias)), true, 1, 0, true, false, false);
    state[0] = values(out.get1());
    state[1] = values(out.get2());
    return out.get0();
  }

  private static boolean isColumnar(Layer layer) {
    return layer instanceof Layer.Conv1D;
  }

  // [chunks · windows, window, features] after the first so many layers.
  private Tensor windows(Tensor chunks, int layers) {
    int window = network.window();
    if (layers == 0) {
      return unfolded(chunks, window);
    }
    Tensor edge = reach == 0 ? null : columns(unfolded(chunks, window).narrow(1, 0, reach), layers, true);
    if (reach == window) {
      return edge;
    }
    Tensor inner = unfolded(columns(chunks, layers, false), window - reach);
    return edge == null ? inner : cat(new TensorVector(edge, inner), 1);
  }

  // All pieces of so many steps that follow each other by one: [n, steps, f] to [n · pieces, length, f].
  private static Tensor unfolded(Tensor x, int length) {
    return x.unfold(1, length, 1).permute(0, 1, 3, 2).reshape(-1, length, x.size(2));
  }

  private Tensor columns(Tensor x, int layers, boolean padded) {
    for (int i = 0; i < layers; i++) {
      var l = (Layer.Conv1D) network.layers().get(i);
      int taps = l.kernel().extent(0);
      int before = (taps - 1) * l.dilation();
      Tensor in = padded && before > 0 ? constant_pad_nd(x, new long[] {0, 0, before, 0}) : x;
      long steps = in.size(1) - before;
      if (taps > 1) {
        var shifted = new TensorVector();
        for (int j = 0; j < taps; j++) {
          shifted.push_back(in.narrow(1, (long) j * l.dilation(), steps));
        }
        in = cat(shifted, 2);
      }
      Tensor kernel = weights.get(first.get(i)).reshape(-1, l.kernel().extent(2));
      x = activated(product(in, kernel, weights.get(first.get(i) + 1)), l.activation());
    }
    return x;
  }

  private Tensor dense(Tensor x, int weight, Activation activation) {
    return activated(product(x, weights.get(weight), weights.get(weight + 1)), activation);
  }

  // x · kernel + bias over the last dimension.
  private static Tensor product(Tensor x, Tensor kernel, Tensor bias) {
    Tensor y = addmm(bias, x.reshape(-1, x.size(-1)), kernel);
    return x.dim() == 2 ? y : y.reshape(x.size(0), x.size(1), -1);
  }

  private static Tensor activated(Tensor x, Activation activation) {
    return switch (activation) {
      case LINEAR -> x;
      case RELU -> relu(x);
      case TANH -> tanh(x);
      case SIGMOID -> sigmoid(x);
      case SELU -> selu(x);
    };
  }

  // Of x [n, features], the same at each of so many steps, or [n, steps, features].
  private Tensor overSteps(Tensor x, Layer.LSTM l, int weight, int repeats) {
    Tensor recurrent = weights.get(weight + 1);
    Tensor given = product(x, weights.get(weight), weights.get(weight + 2));
    long steps = x.dim() == 3 ? x.size(1) : repeats;
    var all = new TensorVector();
    Tensor h = null;
    Tensor c = null;
    for (long t = 0; t < steps; t++) {
      Tensor z = x.dim() == 3 ? given.select(1, t) : given;
      if (h != null) {
        z = addmm(z, h, recurrent);
      }
      int units = l.units();
      Tensor in = sigmoid(z.narrow(1, 0, units)).mul(tanh(z.narrow(1, 2L * units, units)));
      c = c == null ? in : sigmoid(z.narrow(1, units, units)).mul(c).add(in);
      h = sigmoid(z.narrow(1, 3L * units, units)).mul(tanh(c));
      all.push_back(h);
    }
    return l.returnSequences() ? stack(all, 1) : h;
  }
}
