package io.galvani.surrogate;

import io.galvani.surrogate.Layer.BatchNormalization;
import io.galvani.surrogate.Layer.Conv1D;
import io.galvani.surrogate.Layer.Dense;
import io.galvani.surrogate.Layer.LSTM;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * What Keras computes, in float64 and plain loops: the judge of every engine. An array is [steps][features]; a vector is one step.
 */
public final class KerasReference {
  private KerasReference() {}

  /** The output [repeats][outputs] for a window [samples][channels], of layers that go on from nothing. */
  public static double[][] predict(Network network, double[][] window) {
    return layerByLayer(network, window).getLast();
  }

  /** The same, going on from what layers keep; empty at first. */
  static double[][] predict(Network network, double[][] window, Map<Layer, double[]> kept) {
    double[][] x = window;
    for (Layer layer : network.layers()) {
      x = apply(layer, x, kept);
    }
    return x;
  }

  /** The mean over the repeats, [outputs]. */
  public static double[] mean(double[][] prediction) {
    double[] mean = new double[prediction[0].length];
    for (double[] repeat : prediction) {
      for (int o = 0; o < mean.length; o++) {
        mean[o] += repeat[o] / prediction.length;
      }
    }
    return mean;
  }

  /** What each layer makes of a window. */
  static List<double[][]> layerByLayer(Network network, double[][] window) {
    var all = new ArrayList<double[][]>();
    double[][] x = window;
    for (Layer layer : network.layers()) {
      x = apply(layer, x, new IdentityHashMap<>());
      all.add(x);
    }
    return all;
  }

  private static double[][] apply(Layer layer, double[][] x, Map<Layer, double[]> kept) {
    return switch (layer) {
      case Conv1D l -> conv1D(l, x);
      case BatchNormalization l -> batchNormalization(l, x);
      case Layer.Flatten l -> new double[][] {Arrays.stream(x).flatMapToDouble(Arrays::stream).toArray()};
      case Layer.RepeatVector l -> {
        double[][] y = new double[l.n()][];
        Arrays.fill(y, x[0]);
        yield y;
      }
      case LSTM l -> lstm(l, x, kept);
      case Dense l -> dense(l, x);
      case Layer.TimeDistributed l -> dense(l.layer(), x);
      case Layer.Dropout l -> x;
      case Layer.Newest l -> new double[][] {x[x.length - 1]};
      case Layer.Traces l -> traces(l, x[0], kept);
      case Layer.ELM l -> elm(l, x[0], kept);
    };
  }

  private static double[][] conv1D(Conv1D l, double[][] x) {
    int k = l.kernel().extent(0);
    int in = l.kernel().extent(1);
    int filters = l.kernel().extent(2);
    double[][] y = new double[x.length][filters];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < filters; o++) {
        double sum = l.bias().at(o);
        for (int tap = 0; tap < k; tap++) {
          long at = t - (long) (k - 1 - tap) * l.dilation();
          for (int i = 0; at >= 0 && i < in; i++) {
            sum += l.kernel().at(((long) tap * in + i) * filters + o) * x[(int) at][i];
          }
        }
        y[t][o] = activate(l.activation(), sum);
      }
    }
    return y;
  }

  private static double[][] batchNormalization(BatchNormalization l, double[][] x) {
    double[][] y = new double[x.length][x[0].length];
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        y[t][i] = l.gamma().at(i) * (x[t][i] - l.mean().at(i)) / Math.sqrt(l.variance().at(i) + l.epsilon()) + l.beta().at(i);
      }
    }
    return y;
  }

  private static double[][] lstm(LSTM l, double[][] x, Map<Layer, double[]> kept) {
    int units = l.units();
    double[] all = l.stateful() ? kept.computeIfAbsent(l, k -> new double[2 * units]) : new double[2 * units];
    double[] h = Arrays.copyOf(all, units);
    double[] c = Arrays.copyOfRange(all, units, 2 * units);
    double[][] y = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      double[] z = new double[4 * units];
      for (int j = 0; j < z.length; j++) {
        z[j] = l.bias().at(j) + product(x[t], l.kernel(), j) + product(h, l.recurrent(), j);
      }
      h = h.clone();
      for (int j = 0; j < units; j++) {
        double i = sigmoid(z[j]);
        double f = sigmoid(z[units + j]);
        double o = sigmoid(z[3 * units + j]);
        c[j] = f * c[j] + i * Math.tanh(z[2 * units + j]);
        h[j] = o * Math.tanh(c[j]);
      }
      y[t] = h;
    }
    System.arraycopy(h, 0, all, 0, units);
    System.arraycopy(c, 0, all, units, units);
    return l.returnSequences() ? y : new double[][] {h};
  }

  private static double[][] traces(Layer.Traces l, double[] x, Map<Layer, double[]> kept) {
    double[] y = kept.computeIfAbsent(l, k -> new double[x.length]);
    for (int i = 0; i < x.length; i++) {
      y[i] = l.decay().at(i) * y[i] + x[i];
    }
    return new double[][] {y.clone()};
  }

  private static double[][] elm(Layer.ELM l, double[] x, Map<Layer, double[]> kept) {
    double[] m = kept.computeIfAbsent(l, k -> new double[l.memories()]);
    for (int i = 0; i < m.length; i++) {
      m[i] *= l.decay().at(i);
    }
    double[] hidden = new double[(int) l.bias().size()];
    for (int j = 0; j < hidden.length; j++) {
      hidden[j] = Math.max(0, l.bias().at(j) + product(x, l.kernel(), j) + product(m, l.recurrent(), j));
    }
    for (int i = 0; i < m.length; i++) {
      m[i] += l.gain().at(i) * Math.tanh(l.updateBias().at(i) + product(hidden, l.update(), i));
    }
    return new double[][] {m.clone()};
  }

  private static double[][] dense(Dense l, double[][] x) {
    double[][] y = new double[x.length][l.kernel().extent(1)];
    for (int t = 0; t < x.length; t++) {
      for (int j = 0; j < y[t].length; j++) {
        y[t][j] = activate(l.activation(), l.bias().at(j) + product(x[t], l.kernel(), j));
      }
    }
    return y;
  }

  /** Element {@code column} of x · matrix. */
  private static double product(double[] x, Tensor matrix, int column) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * matrix.at((long) i * matrix.extent(1) + column);
    }
    return sum;
  }

  private static double activate(Activation activation, double x) {
    return switch (activation) {
      case LINEAR -> x;
      case RELU -> Math.max(0, x);
      case TANH -> Math.tanh(x);
      case SIGMOID -> sigmoid(x);
      case SELU -> 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x));
    };
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
