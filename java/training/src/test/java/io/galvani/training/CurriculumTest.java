package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurriculumTest {
  @TempDir Path dir;

  private static TreeSet<Integer> drawn(Curriculum c, SplittableRandom random) {
    var all = new TreeSet<Integer>();
    for (int i = 0; i < 2000; i++) {
      all.add(c.draw(random));
    }
    return all;
  }

  /** Rest first, then what has no spike, then the more and more; in the end, and where none is asked for, all of the 70 in their two blocks. */
  @Test
  void easyOnesFirst() throws IOException {
    var data = TestProtocol.training(dir);
    assertEquals(2, data.size());
    var c = new Curriculum(data, 0.5);
    int[][] ofEach = new int[70][];  // spikes, events
    for (int n = 0; n < 70; n++) {
      int t = c.trace(n);
      int events = Arrays.stream(c.block(n).events()[t].dense()).mapToInt(row -> sum(row)).sum();
      ofEach[n] = new int[] {sum(c.block(n).spikes()[t]), events};
    }
    assertArrayEquals(new int[] {0, 0}, ofEach[0]);
    for (int n = 1; n < 70; n++) {
      assertTrue(Arrays.compare(ofEach[n - 1], ofEach[n]) <= 0, n + ": " + Arrays.toString(ofEach[n]));
    }
    assertTrue(ofEach[69][0] > 0);
    var random = new SplittableRandom(1);
    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6), List.copyOf(drawn(c, random)));
    c.at(0.25);
    assertEquals(38, drawn(c, random).last());
    c.at(0.5);
    assertEquals(70, drawn(c, random).size());
    assertEquals(70, drawn(new Curriculum(data, 0), random).size());
  }

  private static int sum(byte[] of) {
    int n = 0;
    for (byte b : of) {
      n += b;
    }
    return n;
  }
}
