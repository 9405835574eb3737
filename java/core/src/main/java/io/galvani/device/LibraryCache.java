package io.galvani.device;

import io.galvani.GalvaniException;
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
 * Where native libraries of jars become files. Each lies under the hash of its content, moved there by an atomic rename:
 * versions and JVMs that start together never meet a half-written or foreign file.
 *
 * @param folder under which they lie
 */
public record LibraryCache(Path folder) {
  /** The user's: {@code -Dgalvani.cache=DIR}, or {@code $XDG_CACHE_HOME/galvani}, or {@code ~/.cache/galvani}. */
  public static LibraryCache standard() {
    String chosen = System.getProperty("galvani.cache");
    if (chosen != null) {
      return new LibraryCache(Path.of(chosen).toAbsolutePath());
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    return new LibraryCache((xdg != null && !xdg.isEmpty() ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache"))
        .resolve("galvani").toAbsolutePath());
  }

  /**
   * A library of the class path as a file of the same name, written unless it is there already.
   *
   * @param resource absolute, as {@code /lib/libname.so}
   * @throws GalvaniException if there is no such resource, or the folder cannot be written
   */
  public Path unpack(String resource) {
    try (InputStream in = LibraryCache.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new GalvaniException(resource + " is not in a jar of the class path: build it with ./mvnw verify");
      }
      byte[] content = in.readAllBytes();
      String name = resource.substring(resource.lastIndexOf('/') + 1);
      Path file = folder.resolve(hash(content).substring(0, 32)).resolve(name);
      if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), content)) {
        return file;
      }
      Files.createDirectories(file.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Path fresh = Files.createTempFile(file.getParent(), name, ".new");
      try {
        Files.write(fresh, content);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(fresh);
      }
      return file;
    } catch (IOException e) {
      throw new GalvaniException("The native library " + resource + " cannot be unpacked into " + folder + ": " + e
          + ". Set -Dgalvani.cache to a folder that can be written", e);
    }
  }

  private static String hash(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
