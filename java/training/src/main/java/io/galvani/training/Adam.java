package io.galvani.training;

import java.util.ArrayList;
import java.util.List;

/**
 * Adam (Kingma and Ba 2015), after clipping the norm of the gradient. Large matrices may have {@link Muon}'s steps instead, along
 * Nesterov's mean of the gradients.
 */
final class Adam {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.99;
  private static final double EPSILON = 1e-8;
  private static final double MAX_NORM = 1;
  /** Of the mean that a matrix's steps follow. */
  private static final float MOMENTUM = 0.95f;
  /** Rows and columns that a matrix has at least to be one. */
  private static final int MATRIX = 32;

  /** Moving means of gradients and of their squares. */
  final StreamingNetwork mean;
  final StreamingNetwork square;
  private final StreamingNetwork network;
  private final List<Muon> matrices;  // null where a parameter is none
  private long updates;

  Adam(StreamingNetwork network) {
    this.network = network;
    mean = new StreamingNetwork(network.shape);
    square = new StreamingNetwork(network.shape);
    matrices = new ArrayList<>();
    for (float[][] p : network.parameters()) {
      matrices.add(Math.min(p.length, p[0].length) < MATRIX ? null : new Muon(p.length, p[0].length));
    }
  }

  /** Number of updates so far. */
  long updates() {
    return updates;
  }

  /** Goes on after so many updates, whose moments were put back. */
  void resume(long after) {
    updates = after;
  }

  /**
   * Changes the parameters by their gradients.
   *
   * @param orthogonal whether matrices have steps of their own
   */
  void update(StreamingNetwork gradients, double rate, boolean orthogonal) {
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
      if (orthogonal && matrices.get(p) != null) {
        update(to.get(p), gradients.parameters().get(p), mean.parameters().get(p), matrices.get(p), clip, (float) rate);
        continue;
      }
      for (int r = 0; r < to.get(p).length; r++) {
        update(to.get(p)[r], gradients.parameters().get(p)[r], mean.parameters().get(p)[r], square.parameters().get(p)[r], clip, step);
      }
    }
  }

  private static void update(float[][] to, float[][] gradient, float[][] mean, Muon matrix, float clip, float rate) {
    for (int r = 0; r < to.length; r++) {
      for (int j = 0; j < to[r].length; j++) {
        float g = gradient[r][j] * clip;
        mean[r][j] = MOMENTUM * mean[r][j] + (1 - MOMENTUM) * g;
        gradient[r][j] = MOMENTUM * mean[r][j] + (1 - MOMENTUM) * g;
      }
    }
    float[][] step = matrix.step(gradient);
    for (int r = 0; r < to.length; r++) {
      Rows.add(to[r], -rate, step[r]);
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
