package io.galvani.training;

import java.util.Arrays;

/**
 * Steps of a matrix of weights whose singular values are all about 1 (Jordan et al. 2024, kellerjordan.github.io/posts/muon): directions in
 * which inputs hardly vary are learned as fast as those in which all vary together, such as with the strength of the input of a trace.
 */
final class Muon {
  // Of an odd polynomial of fifth degree that brings singular values from 0 … 1 near 1 in a few turns.
  private static final float A = 3.4445f;
  private static final float B = -4.7750f;
  private static final float C = 2.0315f;
  private static final int TURNS = 5;
  /** The root mean square of a step, as that of Adam's is about, for one rate of learning. */
  private static final double SIZE = 0.2;

  private final boolean upright;  // more rows than columns: the transposed matrix is worked on
  private final float[][] x;
  private final float[][] transposed;
  private final float[][] square;
  private final float[][] cubic;
  private final float[][] polynomial;
  private final float[][] next;

  /** For matrices of so many rows and columns. */
  Muon(int rows, int columns) {
    upright = rows > columns;
    int few = Math.min(rows, columns);
    int many = Math.max(rows, columns);
    x = new float[few][many];
    transposed = new float[many][few];
    square = new float[few][few];
    cubic = new float[few][few];
    polynomial = new float[few][few];
    next = new float[few][many];
  }

  /** The step along a gradient, for a rate of 1; good until the next call. */
  float[][] step(float[][] gradient) {
    double norm = Float.MIN_NORMAL;
    for (float[] row : gradient) {
      for (float g : row) {
        norm += (double) g * g;
      }
    }
    float scale = (float) (1 / Math.sqrt(norm));
    for (int i = 0; i < gradient.length; i++) {
      for (int j = 0; j < gradient[i].length; j++) {
        (upright ? x[j] : x[i])[upright ? i : j] = scale * gradient[i][j];
      }
    }
    for (int turn = 0; turn < TURNS; turn++) {
      Rows.transpose(x, transposed);
      clear(square);
      Rows.multiply(square, x, transposed);
      for (int i = 0; i < polynomial.length; i++) {
        for (int j = 0; j < polynomial.length; j++) {
          polynomial[i][j] = B * square[i][j];
          cubic[i][j] = C * square[i][j];
        }
      }
      Rows.multiply(polynomial, cubic, square);
      for (int i = 0; i < x.length; i++) {
        for (int j = 0; j < x[i].length; j++) {
          next[i][j] = A * x[i][j];
        }
      }
      Rows.multiply(next, polynomial, x);
      for (int i = 0; i < x.length; i++) {
        System.arraycopy(next[i], 0, x[i], 0, x[i].length);
      }
    }
    float size = (float) (SIZE * Math.sqrt(x[0].length));
    for (float[] row : x) {
      for (int j = 0; j < row.length; j++) {
        row[j] *= size;
      }
    }
    if (upright) {
      Rows.transpose(x, transposed);
      return transposed;
    }
    return x;
  }

  private static void clear(float[][] rows) {
    for (float[] row : rows) {
      Arrays.fill(row, 0);
    }
  }
}
