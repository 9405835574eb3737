package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MuonTest {
  /** Rows (of a wide matrix) or columns become orthogonal and of about one length, which a root mean square of 0.2 gives. */
  @ParameterizedTest
  @CsvSource({"32, 48", "70, 33"})
  void stepsAreOrthogonal(int rows, int columns) {
    var random = new SplittableRandom(1);
    float[][] gradient = new float[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        gradient[i][j] = (float) (3 + random.nextGaussian()); // all vary together, most of all
      }
    }
    float[][] step = new Muon(rows, columns).step(gradient);
    int few = Math.min(rows, columns);
    int many = Math.max(rows, columns);
    double unit = 0.2 * 0.2 * many;
    for (int a = 0; a < few; a++) {
      for (int b = 0; b <= a; b++) {
        double sum = 0;
        for (int k = 0; k < many; k++) {
          sum += rows > columns ? step[k][a] * step[k][b] : step[a][k] * step[b][k];
        }
        assertEquals(a == b ? 1 : 0, sum / unit, 0.6, a + ", " + b);
      }
    }
    double along = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        along += step[i][j] * gradient[i][j];
      }
    }
    assertTrue(along > 0);
  }
}
