package io.galvani.bench.surrogate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.galvani.surrogate.KerasReference;
import io.galvani.surrogate.Network;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the benchmarks time is the network, in closed loop, whoever runs it. */
class RunnerTest {
  /** float32, and tanh and sigmoid of the frameworks' own. */
  private static final double ROUNDING = 1e-5;
  private static final double ROUNDING_BF16 = 2e-2;
  private static final int CELLS = 3;

  private final Network network = Networks.cnnLstm(9, 4, new int[] {7, 6, 5}, 3, 2, 6, 2);

  @ParameterizedTest
  @EnumSource
  void stepsAreThoseOfTheReference(Runner runner) {
    double[][][] windows = new double[CELLS][9][4];
    int[] channel = {2, 3, 2};
    try (var stepper = runner.open(network, CELLS, 1)) {
      for (int step = 0; step < 12; step++) { // longer than the window
        stepper.step(channel, 0.75f);
        double[] expected = new double[CELLS * 2];
        for (int cell = 0; cell < CELLS; cell++) {
          windows[cell][8][channel[cell]] += 0.75;
          double[] y = KerasReference.mean(KerasReference.predict(network, windows[cell]));
          System.arraycopy(y, 0, expected, cell * 2, 2);
          windows[cell] = Arrays.copyOfRange(windows[cell], 1, 10);
          windows[cell][8] = Arrays.copyOf(y, 4);
          channel[cell] = 5 - channel[cell];
        }
        double[] predicted = new double[expected.length];
        Arrays.setAll(predicted, i -> stepper.prediction()[i]);
        assertArrayEquals(expected, predicted, runner == Runner.GALVANI_BF16 ? ROUNDING_BF16 : ROUNDING, runner + ", step " + step);
      }
    }
  }

  /** The paper's operations, 1.8: 1024 C + 13,502,632 for cells of many compartments, and 4.57 MFLOP for the point. */
  @Test
  void countsTheMinimum() {
    assertEquals(1024 * 201 + 13_502_632, Networks.named("c201r5").minimalFlops());
    assertEquals(1024 * 3 + 13_502_632, Networks.named("c3r5").minimalFlops());
    assertEquals(4.57e6, Networks.named("point").minimalFlops(), 0.005e6);
  }
}
