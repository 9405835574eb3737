package io.galvani.device.cpu;

import io.galvani.GalvaniException;
import io.galvani.device.LibraryCache;
import io.galvani.device.cpu.abi.Galvani;
import java.nio.file.Path;

/** Loads {@code libgalvani.so}, once: from the {@link LibraryCache}, or the file that {@code -Dgalvani.library=FILE} names. */
public final class NativeLibrary {
  static final String RESOURCE = "/io/galvani/native/linux-x86_64/libgalvani.so";

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
    Path file = chosen != null ? Path.of(chosen).toAbsolutePath() : LibraryCache.standard().unpack(RESOURCE);
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
}
