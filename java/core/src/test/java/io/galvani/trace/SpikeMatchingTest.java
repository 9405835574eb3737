package io.galvani.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SpikeMatchingTest {
  @Test
  void aPredictedSpikeHitsOnlyOne() {
    var m = SpikeMatching.oneToOne(new double[] {10, 14, 100}, new double[] {12, 60}, 5);
    assertEquals(1, m.hits());
    assertEquals(1 / 2.0, m.precision());
    assertEquals(1 / 3.0, m.recall());
    assertEquals(2 / 5.0, m.f1());
    // As the paper counts, 12 hits both 10 and 14.
    var paper = SpikeMatching.asInPaper(new double[] {10, 14, 100}, new double[] {12, 60}, 5);
    assertEquals(2, paper.hits());
    assertEquals(1, paper.precision());
    assertEquals(2 / 3.0, paper.recall());
    assertArrayEquals(new double[] {2, -2}, paper.shifts());
  }

  @Test
  void theEdgeCountsOneToOneButNotInThePaper() {
    assertEquals(1, SpikeMatching.oneToOne(new double[] {10}, new double[] {15}, 5).hits());
    assertEquals(0, SpikeMatching.oneToOne(new double[] {10}, new double[] {15.01}, 5).hits());
    assertEquals(0, SpikeMatching.asInPaper(new double[] {10}, new double[] {15}, 5).hits());
  }

  @Test
  void asManyPairsAsThereCanBeThenTheNearest() {
    // Nearest first would pair 14 with 14 and leave 10 and 18 alone.
    assertEquals(2, SpikeMatching.oneToOne(new double[] {10, 14}, new double[] {14, 18}, 4).hits());
    // Earliest first would pair 10 with 6.
    assertArrayEquals(new double[] {1}, SpikeMatching.oneToOne(new double[] {10}, new double[] {6, 11}, 5).shifts());
    assertArrayEquals(new double[] {-1, 0, 2}, SpikeMatching.oneToOne(new double[] {10, 20, 30}, new double[] {9, 13, 20, 32}, 5).shifts());
  }

  @Test
  void noSpikesHaveNoScore() {
    var none = SpikeMatching.oneToOne(new double[0], new double[0], 5);
    assertTrue(Double.isNaN(none.precision()) && Double.isNaN(none.recall()) && Double.isNaN(none.f1()));
    assertEquals(0, SpikeMatching.oneToOne(new double[] {1}, new double[0], 5).recall());
    var pooled = SpikeMatching.pooled(List.of(none, SpikeMatching.oneToOne(new double[] {1, 9}, new double[] {2}, 1)));
    assertEquals(0.5, pooled.recall());
    assertArrayEquals(new double[] {1}, pooled.shifts());
  }

  /** Against all pairings of short trains. */
  @Test
  void agreesWithTryingAllPairings() {
    var random = new SplittableRandom(7);
    for (int trial = 0; trial < 300; trial++) {
      double[] a = random.doubles(random.nextInt(5), 0, 20).map(Math::rint).sorted().toArray();
      double[] b = random.doubles(random.nextInt(5), 0, 20).map(Math::rint).sorted().toArray();
      var m = SpikeMatching.oneToOne(a, b, 3);
      double apart = 0;
      for (double s : m.shifts()) {
        apart += Math.abs(s);
      }
      double best = best(a, b, 0, 0, 3);
      assertEquals(best, m.hits() - apart / 1000, 1e-9);
    }
  }

  /** Pairs minus a thousandth of their distance, tried out; bit j of {@code used}: b[j] is taken. */
  private static double best(double[] a, double[] b, int i, int used, double within) {
    if (i == a.length) {
      return 0;
    }
    double best = best(a, b, i + 1, used, within);
    for (int j = 0; j < b.length; j++) {
      double d = Math.abs(a[i] - b[j]);
      if ((used >> j & 1) == 0 && d <= within) {
        best = Math.max(best, 1 - d / 1000 + best(a, b, i + 1, used | 1 << j, within));
      }
    }
    return best;
  }
}
