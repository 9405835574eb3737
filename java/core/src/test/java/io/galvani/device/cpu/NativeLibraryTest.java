package io.galvani.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.GalvaniException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

  private Process fork(String property) throws IOException {
    var command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-Xshare:auto",
        "--enable-native-access=ALL-UNNAMED", property, "-cp", System.getProperty("java.class.path"), Loader.class.getName());
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static List<String> output(Process p) throws Exception {
    var lines = new String(p.getInputStream().readAllBytes()).lines().toList();
    assertTrue(p.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, p.exitValue(), () -> String.join("\n", lines));
    return lines;
  }

  private static byte[] packed() throws IOException {
    try (var in = NativeLibrary.class.getResourceAsStream("/io/galvani/native/linux-x86_64/libgalvani.so")) {
      return in.readAllBytes();
    }
  }

  @Test
  void jvmsThatStartTogetherShareOneFile() throws Exception {
    var jvms = new ArrayList<Process>();
    for (int i = 0; i < 3; i++) {
      jvms.add(fork("-Dgalvani.cache=" + cache));
    }
    Path file = NativeLibrary.unpack(cache);
    for (Process jvm : jvms) {
      assertEquals(List.of(file.toString(), file.toString()), output(jvm));
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
    Path file = NativeLibrary.unpack(cache);
    assertTrue(file.startsWith(cache) && file.getParent().getFileName().toString().matches("[0-9a-f]{32}"));
    var written = Files.getLastModifiedTime(file);
    assertEquals(file, NativeLibrary.unpack(cache));
    assertEquals(written, Files.getLastModifiedTime(file), "the right file is left alone");

    byte[] planted = whole.clone();
    planted[whole.length / 2] ^= 1;
    for (byte[] other : List.of(new byte[0], java.util.Arrays.copyOf(whole, whole.length / 2), planted)) {
      Files.write(file, other);
      assertEquals(file, NativeLibrary.unpack(cache));
      assertArrayEquals(whole, Files.readAllBytes(file));
    }
    Path elsewhere = Files.write(cache.resolve("other.so"), planted);
    Files.delete(file);
    Files.createSymbolicLink(file, elsewhere);
    assertArrayEquals(whole, Files.readAllBytes(NativeLibrary.unpack(cache)));
    assertArrayEquals(planted, Files.readAllBytes(elsewhere), "what a link pointed to is not written");
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws Exception {
    Path notAFolder = Files.writeString(cache.resolve("file"), "");
    var e = assertThrows(GalvaniException.class, () -> NativeLibrary.unpack(notAFolder));
    assertTrue(e.getMessage().contains(notAFolder.toString()) && e.getMessage().contains("-Dgalvani.cache"), e.getMessage());
  }

  /** Each time it is asked, in one way: not as an error of class initialisation. */
  @Test
  void aLibraryThatIsNotThereIsNamed() throws Exception {
    var lines = output(fork("-Dgalvani.library=" + cache.resolve("absent.so")));
    assertEquals(2, lines.size(), () -> String.join("\n", lines));
    for (String line : lines) {
      assertTrue(line.startsWith("refused: " + cache.resolve("absent.so") + " cannot be loaded"), line);
    }
  }
}
