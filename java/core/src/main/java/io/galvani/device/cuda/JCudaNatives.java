package io.galvani.device.cuda;

import io.galvani.device.LibraryCache;
import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import jcuda.JCudaVersion;
import jcuda.LibUtils;

/**
 * JCuda's native libraries, unpacked by us. JCuda itself writes them to the temporary folder under fixed names and takes whatever
 * lies there already: what another user planted, or another JVM has half written.
 */
public final class JCudaNatives {
  private JCudaNatives() {}

  /**
   * Loads a library from the {@link LibraryCache} and initialises the JCuda class that binds it.
   *
   * @param name as JCuda has it, such as {@code JCudaDriver}
   * @throws UnsatisfiedLinkError if what it depends on is not here
   */
  public static synchronized void load(String name, Class<?> binding) {
    String file = System.mapLibraryName(LibUtils.createPlatformLibraryName(name + "-" + JCudaVersion.get()));
    Path library = LibraryCache.standard().unpack("/lib/" + file);
    System.load(library.toString());
    // JCuda looks for the name below java.io.tmpdir, finds it, and loads the same file: no second copy.
    String temporary = System.setProperty("java.io.tmpdir", library.getParent().toString());
    try {
      MethodHandles.lookup().ensureInitialized(binding);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    } finally {
      System.setProperty("java.io.tmpdir", temporary);
    }
  }
}
