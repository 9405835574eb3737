package io.galvani.training;

/**
 * Products of small matrices that the JIT compiler turns into vector instructions: a row is an array of its own, read from 0 on.
 *
 * <p>Measured on one core of an AMD EPYC (AVX-512), by CPU time: 48 GFLOP/s with 64 numbers a row, 62 with 256, where loops over offsets
 * into one large array make 5, as they are not vectorised.
 */
final class Rows {
  private Rows() {}

  /**
   * {@code to[i][j] += Σ_k factors[i][k] · rows[k][j]}: a factor for each row, at least; rows at least as long as those of {@code to}, of
   * which there are as many as of factors.
   */
  static void multiply(float[][] to, float[][] factors, float[][] rows) {
    multiply(to, factors, rows, false);
  }

  /** {@code to[i][j] += Σ_k factors[k][i] · rows[k][j]}: as {@link #multiply}, of factors that lie the other way. */
  static void multiplyTransposed(float[][] to, float[][] factors, float[][] rows) {
    multiply(to, factors, rows, true);
  }

  // Four by four: what is loaded of each is used four times. Sums are of the same numbers in the same order wherever a row stands.
  private static void multiply(float[][] to, float[][] f, float[][] rows, boolean transposed) {
    int tiled = rows.length / 4 * 4;
    int i = 0;
    for (; i + 4 <= to.length; i += 4) {
      for (int k = 0; k < tiled; k += 4) {
        float[] r0 = rows[k];
        float[] r1 = rows[k + 1];
        float[] r2 = rows[k + 2];
        float[] r3 = rows[k + 3];
        if (transposed) {
          float[] f0 = f[k];
          float[] f1 = f[k + 1];
          float[] f2 = f[k + 2];
          float[] f3 = f[k + 3];
          tile(to[i], to[i + 1], to[i + 2], to[i + 3], r0, r1, r2, r3, f0[i], f1[i], f2[i], f3[i], f0[i + 1], f1[i + 1], f2[i + 1],
              f3[i + 1], f0[i + 2], f1[i + 2], f2[i + 2], f3[i + 2], f0[i + 3], f1[i + 3], f2[i + 3], f3[i + 3]);
        } else {
          float[] f0 = f[i];
          float[] f1 = f[i + 1];
          float[] f2 = f[i + 2];
          float[] f3 = f[i + 3];
          tile(to[i], to[i + 1], to[i + 2], to[i + 3], r0, r1, r2, r3, f0[k], f0[k + 1], f0[k + 2], f0[k + 3], f1[k], f1[k + 1], f1[k + 2],
              f1[k + 3], f2[k], f2[k + 1], f2[k + 2], f2[k + 3], f3[k], f3[k + 1], f3[k + 2], f3[k + 3]);
        }
      }
    }
    for (int rest = i; rest < to.length; rest++) {
      for (int k = 0; k < tiled; k++) {
        add(to[rest], transposed ? f[k][rest] : f[rest][k], rows[k]);
      }
    }
    for (int k = tiled; k < rows.length; k++) {
      for (int all = 0; all < to.length; all++) {
        add(to[all], transposed ? f[k][all] : f[all][k], rows[k]);
      }
    }
  }

  private static void tile(float[] t0, float[] t1, float[] t2, float[] t3, float[] r0, float[] r1, float[] r2, float[] r3,
      float a0, float a1, float a2, float a3, float b0, float b1, float b2, float b3,
      float c0, float c1, float c2, float c3, float d0, float d1, float d2, float d3) {
    for (int j = 0; j < t0.length; j++) {
      float x0 = r0[j];
      float x1 = r1[j];
      float x2 = r2[j];
      float x3 = r3[j];
      t0[j] = Math.fma(a3, x3, Math.fma(a2, x2, Math.fma(a1, x1, Math.fma(a0, x0, t0[j]))));
      t1[j] = Math.fma(b3, x3, Math.fma(b2, x2, Math.fma(b1, x1, Math.fma(b0, x0, t1[j]))));
      t2[j] = Math.fma(c3, x3, Math.fma(c2, x2, Math.fma(c1, x1, Math.fma(c0, x0, t2[j]))));
      t3[j] = Math.fma(d3, x3, Math.fma(d2, x2, Math.fma(d1, x1, Math.fma(d0, x0, t3[j]))));
    }
  }

  /** {@code to[j] += factor · row[j]}. */
  static void add(float[] to, float factor, float[] row) {
    for (int j = 0; j < to.length; j++) {
      to[j] = Math.fma(factor, row[j], to[j]);
    }
  }

  /** {@code to[j] += factor · a[j] · b[j]}. */
  static void addProducts(float[] to, float factor, float[] a, float[] b) {
    for (int j = 0; j < to.length; j++) {
      to[j] = Math.fma(factor * a[j], b[j], to[j]);
    }
  }

  /** Sum of a row of a multiple of four numbers. */
  static float sum(float[] a) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    for (int j = 0; j < a.length; j += 4) {
      s0 += a[j];
      s1 += a[j + 1];
      s2 += a[j + 2];
      s3 += a[j + 3];
    }
    return s0 + s1 + (s2 + s3);
  }

  /** {@code to[j][i] = from[i][j]}. */
  static void transpose(float[][] from, float[][] to) {
    int i = 0;
    for (; i + 4 <= from.length; i += 4) { // what is written lies side by side
      float[] r0 = from[i];
      float[] r1 = from[i + 1];
      float[] r2 = from[i + 2];
      float[] r3 = from[i + 3];
      for (int j = 0; j < to.length; j++) {
        float[] column = to[j];
        column[i] = r0[j];
        column[i + 1] = r1[j];
        column[i + 2] = r2[j];
        column[i + 3] = r3[j];
      }
    }
    for (; i < from.length; i++) {
      float[] row = from[i];
      for (int j = 0; j < to.length; j++) {
        to[j][i] = row[j];
      }
    }
  }

  /**
   * {@code to[j] = tanh(from[j])} within 4e-7: a rational approximation that is a few multiplications and a division, in vectors.
   */
  static void tanh(float[] from, float[] to) {
    for (int j = 0; j < to.length; j++) {
      float x = Math.max(-7.9f, Math.min(7.9f, from[j]));
      float y = x * x;
      float p = Math.fma(y, -2.76076847742355e-16f, 2.00018790482477e-13f);
      p = Math.fma(y, p, -8.60467152213735e-11f);
      p = Math.fma(y, p, 5.12229709037114e-08f);
      p = Math.fma(y, p, 1.48572235717979e-05f);
      p = Math.fma(y, p, 6.37261928875436e-04f);
      p = Math.fma(y, p, 4.89352455891786e-03f);
      float q = Math.fma(y, 1.19825839466702e-06f, 1.18534705686654e-04f);
      q = Math.fma(y, q, 2.26843463243900e-03f);
      q = Math.fma(y, q, 4.89352518554385e-03f);
      to[j] = x * p / q;
    }
  }
}
