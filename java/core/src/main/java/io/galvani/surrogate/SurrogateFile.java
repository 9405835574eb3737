package io.galvani.surrogate;

import io.galvani.InputException;
import io.galvani.io.YamlMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Surrogates in files: one safetensors file each, the description as JSON in its metadata. The format is described in
 * {@code io/galvani/surrogate/README.md} among the resources.
 */
public final class SurrogateFile {
  /** The key of the description in the metadata. */
  static final String DESCRIPTION = "galvani";

  private static final String SUFFIX = ".safetensors";

  private SurrogateFile() {}

  /** Whether a file is meant to be one, by its name. */
  public static boolean isOne(String file) {
    return file.endsWith(SUFFIX);
  }

  /**
   * Reads a file; the weights stay where they are, and are mapped.
   *
   * @throws InputException for anything that is not as documented; names the tensor, or the line of the description
   */
  public static Surrogate read(Path file) {
    return read(file, Safetensors.read(file));
  }

  /** As the other one, of what is in the file. */
  static Surrogate read(Path file, Safetensors content) {
    String description = content.metadata().get(DESCRIPTION);
    if (description == null) {
      throw new InputException(file.toString(), "__metadata__", "holds no '" + DESCRIPTION + "': weights without a description",
          "Write such files with Galvani, or add the description that the README of the format shows");
    }
    var weights = new Weights(file.toString());
    content.tensors().forEach((name, tensor) -> {
      int slash = name.lastIndexOf('/');
      weights.put(name.substring(0, Math.max(0, slash)), name.substring(slash + 1), tensor);
    });
    var yaml = YamlMap.readJson(file + ":" + DESCRIPTION, description);
    String name = file.getFileName().toString().replaceFirst("\\" + SUFFIX + "$", "");
    return DescriptionReader.read(name, yaml, file.toString(), weights);
  }

  /** Writes a file, replacing what was there; a kill at any moment leaves the old file or the new one. */
  public static void write(Path file, Surrogate surrogate) throws IOException {
    var tensors = new LinkedHashMap<String, Tensor>();
    for (Layer layer : surrogate.network().layers()) {
      layer.weights().forEach((weight, tensor) -> tensors.put(layer.name() + "/" + weight, tensor));
    }
    new Safetensors(Map.of(DESCRIPTION, DescriptionWriter.write(surrogate)), tensors).write(file);
  }
}
