package io.galvani.surrogate;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * A surrogate of one cell in closed loop, in float64 and plain loops: each step computes the whole window by {@link KerasReference}. The judge
 * of every population.
 */
final class RunLoopReference {
  private final Surrogate surrogate;
  private double[][] window;
  private final Map<Layer, double[]> kept = new IdentityHashMap<>();
  private long sample;

  /** @param window [samples][channels], in the network's numbers */
  RunLoopReference(Surrogate surrogate, double[][] window) {
    this.surrogate = surrogate;
    this.window = Arrays.stream(window).map(double[]::clone).toArray(double[][]::new);
  }

  /** A window as options take it. */
  static double[] flat(double[][] window) {
    return Arrays.stream(window).flatMapToDouble(Arrays::stream).toArray();
  }

  /** Adds a number to a channel of the present. */
  void add(int channel, double number) {
    window[window.length - 1][channel] += number;
  }

  /** The next sample as recorded, normalised: [outputs]. */
  double[] step() {
    double[] y = KerasReference.mean(KerasReference.predict(surrogate.network(), window, kept));
    double[] row = new double[surrogate.channels().size()];
    for (int o = 0; o < y.length; o++) {
      Output output = surrogate.outputs().get(o);
      y[o] = output.recorded(y[o], sample);
      if (output.channel() != Output.NO_CHANNEL) {
        row[output.channel()] = output.fedBack(y[o]);
      }
    }
    sample++;
    window = Arrays.copyOfRange(window, 1, window.length + 1);
    window[window.length - 1] = row;
    return y;
  }
}
