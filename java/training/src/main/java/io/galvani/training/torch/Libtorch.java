package io.galvani.training.torch;

import io.galvani.GalvaniException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/** Loads libtorch, once, to compute on the thread that calls it: what is summed in which order then depends on no number of threads. */
final class Libtorch {
  private static boolean loaded;

  private Libtorch() {}

  /** Loads it where it is not yet; takes a second, and much more the first time on a machine, as 450 MB are unpacked. */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    // Its libraries look at these as they are loaded, and never again.
    List.of("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS").forEach(name -> setEnvironment(name, "1"));
    torch.set_num_threads(1);
    loaded = true;
  }

  private static void setEnvironment(String name, String value) {
    var linker = Linker.nativeLinker();
    var setenv = linker.downcallHandle(linker.defaultLookup().findOrThrow("setenv"),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    try (var arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(value);
      if ((int) setenv.invokeExact(arena.allocateFrom(name), text, 1) != 0) {
        throw new GalvaniException("setenv " + name + " failed");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new GalvaniException("setenv " + name, e);
    }
  }
}
