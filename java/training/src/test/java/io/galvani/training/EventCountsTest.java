package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EventCountsTest {
  private static final byte[][] COUNTS = {{0, 2, 0, 0, 1}, {0, 0, 0, 0, 127}, {0, 0, 0, 0, 0}};

  @Test
  void nothingIsLost() {
    assertArrayEquals(COUNTS, EventCounts.of(COUNTS).dense());
    assertArrayEquals(new byte[][] {{0, 1}, {0, 127}, {0, 0}}, EventCounts.of(COUNTS).dense(3, 2));
    assertArrayEquals(new byte[3][0], EventCounts.of(COUNTS).dense(5, 0));
  }

  @Test
  void eventsOfAChunkAreThoseOfItsRows() {
    var chunk = new Arrivals(4);
    EventCounts.of(COUNTS).addTo(chunk, 1, 4, 1);
    float[][] channels = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    for (int r = 0; r < 4; r++) {
      float[][] arrived = new float[2][3];
      chunk.gather(r, channels, arrived);
      int row = 1 + r;
      assertArrayEquals(new float[] {COUNTS[0][row], COUNTS[1][row], COUNTS[2][row]}, arrived[1]);
      assertArrayEquals(new float[3], arrived[0]);
    }
  }

  @Test
  void channelsThatCannotBeNumberedAreRefused() {
    byte[][] many = new byte[65_537][];
    Arrays.fill(many, new byte[1]);
    assertThrows(IllegalArgumentException.class, () -> EventCounts.of(many));
  }
}
