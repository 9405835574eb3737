package io.galvani.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.ForkedJvm;
import io.galvani.GalvaniException;
import io.galvani.device.LibraryCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
  @TempDir
  Path cache;

  /** Loads the library, twice, and prints where it lies or why it does not load. */
  static final class Loader {
    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        try {
          System.out.println(NativeLibrary.load());
        } catch (GalvaniException e) {
          System.out.println("refused: " + e.getMessage());
        }
      }
    }
  }

  private static ForkedJvm fork(String property) throws IOException {
    return ForkedJvm.start(Loader.class, Map.of(), property);
  }

  private static Path unpack(Path folder) {
    return new LibraryCache(folder).unpack(NativeLibrary.RESOURCE);
  }

  private static byte[] packed() throws IOException {
    try (var in = NativeLibrary.class.getResourceAsStream(NativeLibrary.RESOURCE)) {
      return in.readAllBytes();
    }
  }

  @Test
  void jvmsThatStartTogetherShareOneFile() throws Exception {
    var jvms = new ArrayList<ForkedJvm>();
    for (int i = 0; i < 3; i++) {
      jvms.add(fork("-Dgalvani.cache=" + cache));
    }
    Path file = unpack(cache);
    for (ForkedJvm jvm : jvms) {
      assertEquals(List.of(file.toString(), file.toString()), jvm.output());
    }
    assertArrayEquals(packed(), Files.readAllBytes(file));
    try (var left = Files.walk(cache)) {
      assertEquals(List.of(file), left.filter(Files::isRegularFile).toList(), "nothing half-written is left");
    }
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
  }

  @Test
  void aFileThatIsNotTheLibraryIsReplaced() throws Exception {
    byte[] whole = packed();
    Path file = unpack(cache);
    assertTrue(file.startsWith(cache) && file.getParent().getFileName().toString().matches("[0-9a-f]{32}"));
    var written = Files.getLastModifiedTime(file);
    assertEquals(file, unpack(cache));
    assertEquals(written, Files.getLastModifiedTime(file), "the right file is left alone");

    byte[] planted = whole.clone();
    planted[whole.length / 2] ^= 1;
    for (byte[] other : List.of(new byte[0], java.util.Arrays.copyOf(whole, whole.length / 2), planted)) {
      Files.write(file, other);
      assertEquals(file, unpack(cache));
      assertArrayEquals(whole, Files.readAllBytes(file));
    }
    Path elsewhere = Files.write(cache.resolve("other.so"), planted);
    Files.delete(file);
    Files.createSymbolicLink(file, elsewhere);
    assertArrayEquals(whole, Files.readAllBytes(unpack(cache)));
    assertArrayEquals(planted, Files.readAllBytes(elsewhere), "what a link pointed to is not written");
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws Exception {
    Path notAFolder = Files.writeString(cache.resolve("file"), "");
    var e = assertThrows(GalvaniException.class, () -> unpack(notAFolder));
    assertTrue(e.getMessage().contains(notAFolder.toString()) && e.getMessage().contains("-Dgalvani.cache"), e.getMessage());
  }

  /** Each time it is asked, in one way: not as an error of class initialisation. */
  @Test
  void aLibraryThatIsNotThereIsNamed() throws Exception {
    var lines = fork("-Dgalvani.library=" + cache.resolve("absent.so")).output();
    assertEquals(2, lines.size(), () -> String.join("\n", lines));
    for (String line : lines) {
      assertTrue(line.startsWith("refused: " + cache.resolve("absent.so") + " cannot be loaded"), line);
    }
  }
}
