package io.galvani.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputDirectoryTest {
  @TempDir Path dir;

  @Test
  void appearsWholeOrNotAtAll() throws IOException {
    Path out = dir.resolve("deep/out");
    try (var o = OutputDirectory.create(out, false)) {
      Files.writeString(o.file("spikes.csv"), "half");
      assertFalse(Files.exists(out));
    }
    assertEquals(List.of(), inside(dir.resolve("deep")));
    write(out, "whole", false);
    assertEquals(List.of("out"), inside(dir.resolve("deep")));
    assertEquals("whole", Files.readString(out.resolve(OutputDirectory.RUN_FILE)));
  }

  @Test
  void replacesOnlyItsOwnAndOnlyWhenTold() throws IOException {
    Path out = dir.resolve("out");
    Files.createDirectory(out);
    write(out, "first", false);
    says(out, false, "earlier run");
    write(out, "second", true);
    assertEquals("second", Files.readString(out.resolve(OutputDirectory.RUN_FILE)));
    assertEquals(List.of("out"), inside(dir));

    Path other = Files.createDirectory(dir.resolve("other"));
    Files.writeString(other.resolve("thesis.tex"), "mine");
    says(other, true, "no results of Galvani");
    says(other.resolve("thesis.tex"), true, "is a file");
    assertEquals(List.of("thesis.tex"), inside(other));
  }

  @Test
  void anUnfinishedOneIsResumed() throws IOException {
    Path out = dir.resolve("out");
    assertThrows(InputException.class, () -> OutputDirectory.resume(out, false));
    try (var o = OutputDirectory.create(out, false)) {
      o.keepPartial();
      Files.writeString(o.file("a"), "1");
    }
    says(out, false, "run is writing it, or one was killed");
    try (var o = OutputDirectory.resume(out, false)) {
      assertEquals("1", Files.readString(o.file("a")));
      o.commit();
    }
    assertTrue(Files.exists(out.resolve("a")));
    assertEquals(List.of("out"), inside(dir));
  }

  private static void write(Path out, String text, boolean replace) throws IOException {
    try (var o = OutputDirectory.create(out, replace)) {
      Files.writeString(o.file(OutputDirectory.RUN_FILE), text);
      o.commit();
    }
  }

  private static void says(Path out, boolean replace, String text) {
    var e = assertThrows(InputException.class, () -> OutputDirectory.create(out, replace).close());
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  private static List<String> inside(Path dir) throws IOException {
    try (var all = Files.list(dir)) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }
}
