package io.galvani.training;

/**
 * Products of small matrices that the JIT compiler turns into vector instructions: a row is an array of its own, read from 0 on.
 *
 * <p>Measured on one core of an AMD EPYC (AVX-512), by CPU time: 30 GFLOP/s with 64 numbers a row, where loops over offsets into one large
 * array make 5, as they are not vectorised.
 */
final class Rows {
  private Rows() {}

  /** {@code to[j] += Σ_k factors[k] · rows[k][j]}; as many rows as factors, each at least as long as {@code to}. */
  static void add(float[] to, float[] factors, float[][] rows) {
    int k = 0;
    for (; k + 8 <= factors.length; k += 8) {
      add(to, factors[k], factors[k + 1], factors[k + 2], factors[k + 3], factors[k + 4], factors[k + 5], factors[k + 6], factors[k + 7],
          rows[k], rows[k + 1], rows[k + 2], rows[k + 3], rows[k + 4], rows[k + 5], rows[k + 6], rows[k + 7]);
    }
    for (; k < factors.length; k++) {
      add(to, factors[k], rows[k]);
    }
  }

  /** {@code to[j] += factor · row[j]}. */
  static void add(float[] to, float factor, float[] row) {
    for (int j = 0; j < to.length; j++) {
      to[j] = Math.fma(factor, row[j], to[j]);
    }
  }

  // Two chains of sums; eight rows a pass, as each pass loads and stores `to`.
  private static void add(float[] to, float f0, float f1, float f2, float f3, float f4, float f5, float f6, float f7,
      float[] r0, float[] r1, float[] r2, float[] r3, float[] r4, float[] r5, float[] r6, float[] r7) {
    for (int j = 0; j < to.length; j++) {
      to[j] = to[j] + Math.fma(f3, r3[j], Math.fma(f2, r2[j], Math.fma(f1, r1[j], f0 * r0[j])))
          + Math.fma(f7, r7[j], Math.fma(f6, r6[j], Math.fma(f5, r5[j], f4 * r4[j])));
    }
  }

  /** Sum of the products of rows of a multiple of four numbers. */
  static float dot(float[] a, float[] b) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    for (int j = 0; j < a.length; j += 4) { // four chains, as each addition waits for the last one of its own
      s0 = Math.fma(a[j], b[j], s0);
      s1 = Math.fma(a[j + 1], b[j + 1], s1);
      s2 = Math.fma(a[j + 2], b[j + 2], s2);
      s3 = Math.fma(a[j + 3], b[j + 3], s3);
    }
    return s0 + s1 + (s2 + s3);
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
    for (int i = 0; i < from.length; i++) {
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
