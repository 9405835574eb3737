package io.galvani.device.cpu;

import io.galvani.GalvaniException;
import io.galvani.device.cpu.abi.Galvani;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Loads {@code libgalvani.so}, once. The library inside the jar is unpacked under the hash of its content, by an atomic
 * rename: versions and JVMs that start together never meet a half-written or foreign file.
 *
 * <p>{@code -Dgalvani.library=FILE} loads another file instead; {@code -Dgalvani.cache=DIR} unpacks elsewhere than in
 * {@code $XDG_CACHE_HOME/galvani} or {@code ~/.cache/galvani}.
 */
public final class NativeLibrary {
  private static final String RESOURCE = "/io/galvani/native/linux-x86_64/libgalvani.so";

  private static Path loaded;

  private NativeLibrary() {}

  /**
   * The file that was loaded.
   *
   * @throws GalvaniException if there is none for this machine, or it does not fit these classes
   */
  public static synchronized Path load() {
    if (loaded == null) {
      loaded = open();
    }
    return loaded;
  }

  private static Path open() {
    String os = System.getProperty("os.name");
    String arch = System.getProperty("os.arch");
    if (!os.equals("Linux") || !arch.equals("amd64")) {
      throw new GalvaniException("The native library is built for Linux on x86-64; this is " + os + " on " + arch);
    }
    String chosen = System.getProperty("galvani.library");
    Path file = chosen != null ? Path.of(chosen).toAbsolutePath() : unpack(cache());
    try {
      System.load(file.toString());
    } catch (UnsatisfiedLinkError e) {
      throw new GalvaniException(file + " cannot be loaded: " + e.getMessage()
          + ". Remove it, or set -Dgalvani.cache to a folder from which libraries may be run", e);
    }
    int version = Galvani.gv_abi_version();
    if (version != Galvani.GV_ABI_VERSION()) {
      throw new GalvaniException(file + " has ABI version " + version + ", these classes need " + Galvani.GV_ABI_VERSION());
    }
    return file;
  }

  /** The library of the jar as a file below {@code cache}, written unless it is there already. */
  static Path unpack(Path cache) {
    try (InputStream in = NativeLibrary.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new GalvaniException(RESOURCE + " is not in the jar: build it with ./mvnw verify");
      }
      byte[] content = in.readAllBytes();
      Path folder = cache.resolve(hash(content).substring(0, 32));
      Path file = folder.resolve("libgalvani.so");
      if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), content)) {
        return file;
      }
      Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Path fresh = Files.createTempFile(folder, "libgalvani", ".new");
      try {
        Files.write(fresh, content);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(fresh);
      }
      return file;
    } catch (IOException e) {
      throw new GalvaniException("The native library cannot be unpacked into " + cache + ": " + e
          + ". Set -Dgalvani.cache to a folder that can be written", e);
    }
  }

  private static Path cache() {
    String chosen = System.getProperty("galvani.cache");
    if (chosen != null) {
      return Path.of(chosen).toAbsolutePath();
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    return (xdg != null && !xdg.isEmpty() ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache"))
        .resolve("galvani").toAbsolutePath();
  }

  private static String hash(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
