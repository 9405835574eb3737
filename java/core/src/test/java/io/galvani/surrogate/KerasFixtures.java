package io.galvani.surrogate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.galvani.SharedData;
import io.galvani.trace.Npy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipInputStream;

/** Networks in Keras files, with inputs and expected outputs: reference data, not part of the project. */
final class KerasFixtures {
  private KerasFixtures() {}

  static Path path(String name) {
    return SharedData.path("keras", name.split("/"));
  }

  static JsonNode manifest(String name) throws IOException {
    return JsonMapper.builder().build().readTree(path(name).toFile());
  }

  /** Arrays of one to three dimensions in a {@code .npz} file. */
  static Map<String, Npy> arrays(Path npz) throws IOException {
    var all = new LinkedHashMap<String, Npy>();
    Path file = Files.createTempFile("array", ".npy");
    try (var zip = new ZipInputStream(Files.newInputStream(npz))) {
      for (var e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
        String name = e.getName().replace(".npy", "");
        if (!name.equals("a") && !name.equals("b")) { // scalars
          Files.copy(zip, file, StandardCopyOption.REPLACE_EXISTING);
          all.put(name, Npy.read(file));
        }
      }
      return all;
    } finally {
      Files.delete(file);
    }
  }

  /** Element i of the first dimension, as [steps][features]; the second dimension is one step if there is no third. */
  static double[][] element(Npy a, int i) {
    double[] flat = a.row(i);
    int steps = a.shape().length == 3 ? a.shape()[1] : 1;
    double[][] x = new double[steps][flat.length / steps];
    for (int t = 0; t < steps; t++) {
      System.arraycopy(flat, t * x[t].length, x[t], 0, x[t].length);
    }
    return x;
  }
}
