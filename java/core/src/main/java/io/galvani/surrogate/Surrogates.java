package io.galvani.surrogate;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Surrogates by name: those that come with Galvani, and files. */
public final class Surrogates {
  private static final List<String> SHIPPED = List.of("ball-streaming", "ball-cnn-lstm", "l5pc-streaming", "l5pc-streaming-large",
      "l5pc-cnn-lstm");

  private Surrogates() {}

  /** Names of the surrogates that come with Galvani. */
  public static List<String> names() {
    return SHIPPED;
  }

  /**
   * A surrogate.
   *
   * @param nameOrPath one of {@link #names}, or a file ({@code .safetensors})
   * @throws InputException if there is none, or its file has a fault
   */
  public static Surrogate load(String nameOrPath) {
    if (SHIPPED.contains(nameOrPath)) {
      return shipped(nameOrPath);
    }
    if (!SurrogateFile.isOne(nameOrPath)) {
      throw InputException.unknown("surrogate", null, "surrogate", nameOrPath, SHIPPED);
    }
    return SurrogateFile.read(Path.of(nameOrPath));
  }

  // Files are mapped, which needs one on the disk; once mapped it may go.
  private static Surrogate shipped(String name) {
    String resource = "/io/galvani/surrogates/" + name + ".safetensors";
    try (var in = Surrogates.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new GalvaniException(resource + " is not in the jar");
      }
      Path file = Files.createTempFile("galvani-", ".safetensors");
      try {
        Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        return SurrogateFile.read(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new GalvaniException(resource + " cannot be read", e);
    }
  }
}
