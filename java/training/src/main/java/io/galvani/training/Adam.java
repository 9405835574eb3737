package io.galvani.training;

import java.util.List;

/** Adam (Kingma and Ba 2015), after clipping the norm of the gradient. */
final class Adam {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.99;
  private static final double EPSILON = 1e-8;
  private static final double MAX_NORM = 1;

  /** Moving means of gradients and of their squares. */
  final StreamingNetwork mean;
  final StreamingNetwork square;
  private final StreamingNetwork network;
  private long updates;

  Adam(StreamingNetwork network) {
    this.network = network;
    mean = new StreamingNetwork(network.shape);
    square = new StreamingNetwork(network.shape);
  }

  /** Number of updates so far. */
  long updates() {
    return updates;
  }

  /** Goes on after so many updates, whose moments were put back. */
  void resume(long after) {
    updates = after;
  }

  /** Changes the parameters by their gradients. */
  void update(StreamingNetwork gradients, double rate) {
    updates++;
    double norm = 0;
    for (float[][] p : gradients.parameters()) {
      for (float[] row : p) {
        for (float g : row) {
          norm += (double) g * g;
        }
      }
    }
    norm = Math.sqrt(norm);
    if (!Double.isFinite(norm)) {
      return; // one such chunk is left out; its streams are as good as any
    }
    float clip = (float) Math.min(1, MAX_NORM / norm);
    float step = (float) (rate * Math.sqrt(1 - Math.pow(BETA2, updates)) / (1 - Math.pow(BETA1, updates)));
    List<float[][]> to = network.parameters();
    for (int p = 0; p < to.size(); p++) {
      for (int r = 0; r < to.get(p).length; r++) {
        update(to.get(p)[r], gradients.parameters().get(p)[r], mean.parameters().get(p)[r], square.parameters().get(p)[r], clip, step);
      }
    }
  }

  private static void update(float[] to, float[] gradient, float[] mean, float[] square, float clip, float step) {
    for (int j = 0; j < to.length; j++) {
      float g = gradient[j] * clip;
      mean[j] += (float) (1 - BETA1) * (g - mean[j]);
      square[j] += (float) (1 - BETA2) * (g * g - square[j]);
      to[j] -= step * mean[j] / ((float) Math.sqrt(square[j]) + (float) EPSILON);
    }
  }
}
