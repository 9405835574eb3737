package io.galvani.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  @TempDir Path dir;

  @Test
  void roundTripsAndReplaces() throws IOException {
    Path file = dir.resolve("c");
    Checkpoint.write(file, new Snapshot(7, 0.25, new byte[1000]));
    Checkpoint.write(file, new Snapshot(-5, 12.5, new byte[] {1, 2, 3}));
    Snapshot s = Checkpoint.read(file);
    assertEquals(-5, s.layout());
    assertEquals(12.5, s.time());
    assertArrayEquals(new byte[] {1, 2, 3}, s.state());
    try (var inside = Files.list(dir)) {
      assertEquals(1, inside.count(), "nothing but the checkpoint is left");
    }
  }

  @Test
  void everyDamagedByteAndEveryTruncationIsNoticed() throws IOException {
    Path file = dir.resolve("c");
    Checkpoint.write(file, new Snapshot(7, 0.25, new byte[] {1, 2, 3}));
    byte[] good = Files.readAllBytes(file);
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x10;
      refused(Files.write(file, bad));
      refused(Files.write(file, Arrays.copyOf(good, i)));
    }
    refused(Files.write(file, Arrays.copyOf(good, good.length + 1)));
    refused(dir.resolve("none"));
  }

  private static void refused(Path file) {
    var e = assertThrows(InputException.class, () -> Checkpoint.read(file));
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
  }
}
