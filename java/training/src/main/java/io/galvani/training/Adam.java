package io.galvani.training;

import java.util.ArrayList;
import java.util.List;

/**
 * Adam (Kingma and Ba 2015), after clipping the norm of the gradient. Large matrices may have {@link Muon}'s steps instead, along
 * Nesterov's mean of the gradients.
 */
public final class Adam {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.99;
  private static final double EPSILON = 1e-8;
  private static final double MAX_NORM = 1;
  /** Of the mean that a matrix's steps follow. */
  private static final float MOMENTUM = 0.95f;
  /** Rows and columns that a matrix has at least to be one. */
  private static final int MATRIX = 32;

  /** Moving means of gradients and of their squares. */
  final List<float[][]> mean;
  final List<float[][]> square;
  private final List<float[][]> parameters;
  private final List<Muon> matrices = new ArrayList<>();  // as they are wanted; null where a parameter is none
  private int first;
  private long updates;

  /** @param parameters which are changed, each of some rows */
  public Adam(List<float[][]> parameters) {
    this.parameters = parameters;
    mean = zeros(parameters);
    square = zeros(parameters);
  }

  Adam(StreamingNetwork network) {
    this(network.parameters());
  }

  /** As many zeros as there are parameters. */
  static List<float[][]> zeros(List<float[][]> like) {
    return like.stream().map(p -> {
      float[][] rows = new float[p.length][];
      for (int r = 0; r < rows.length; r++) {
        rows[r] = new float[p[r].length];
      }
      return rows;
    }).toList();
  }

  /** Leaves the parameters before the first one as they are. */
  public void trainFrom(int parameter) {
    first = parameter;
  }

  /** Number of updates so far. */
  public long updates() {
    return updates;
  }

  /** Goes on after so many updates, whose moments were put back. */
  void resume(long after) {
    updates = after;
  }

  /** Changes the parameters by their gradients. */
  public void update(List<float[][]> gradients, double rate) {
    update(gradients, rate, false);
  }

  /**
   * Changes the parameters by their gradients, which are overwritten.
   *
   * @param orthogonal whether matrices have steps of their own
   */
  void update(List<float[][]> gradients, double rate, boolean orthogonal) {
    updates++;
    double norm = 0;
    for (float[][] p : gradients.subList(first, gradients.size())) {
      for (float[] row : p) {
        norm += squares(row);
      }
    }
    norm = Math.sqrt(norm);
    if (!Double.isFinite(norm)) {
      return; // one such chunk is left out; its streams are as good as any
    }
    float clip = (float) Math.min(1, MAX_NORM / norm);
    float step = (float) (rate * Math.sqrt(1 - Math.pow(BETA2, updates)) / (1 - Math.pow(BETA1, updates)));
    for (int p = first; p < parameters.size(); p++) {
      if (orthogonal && matrix(p) != null) {
        update(parameters.get(p), gradients.get(p), mean.get(p), matrix(p), clip, (float) rate);
        continue;
      }
      for (int r = 0; r < parameters.get(p).length; r++) {
        update(parameters.get(p)[r], gradients.get(p)[r], mean.get(p)[r], square.get(p)[r], clip, step);
      }
    }
  }

  private Muon matrix(int parameter) {
    for (int p = matrices.size(); p < parameters.size(); p++) {
      float[][] rows = parameters.get(p);
      matrices.add(Math.min(rows.length, rows[0].length) < MATRIX ? null : new Muon(rows.length, rows[0].length));
    }
    return matrices.get(parameter);
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

  private static double squares(float[] row) {
    double sum = 0;
    for (float g : row) {
      sum += (double) g * g;
    }
    return sum;
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
