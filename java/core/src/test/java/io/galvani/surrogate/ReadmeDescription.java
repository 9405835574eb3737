package io.galvani.surrogate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The example of the README of surrogate files, with weights that fit it. */
final class ReadmeDescription {
  private ReadmeDescription() {}

  /** In YAML. */
  static String text() throws IOException {
    try (var in = Surrogate.class.getResourceAsStream("/io/galvani/surrogate/README.md")) {
      String readme = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return readme.substring(readme.indexOf("```yaml") + 7, readme.lastIndexOf("```"));
    }
  }

  static Weights weights() {
    var weights = new Weights("weights");
    weights.put("conv1d", "kernel", Tensor.filled(1, 5, 4, 3));
    weights.put("bn", "moving_mean", Tensor.filled(0, 3));
    weights.put("bn", "moving_variance", Tensor.filled(1, 3));
    weights.put("lstm", "kernel", Tensor.filled(1, 64 * 3, 8));
    weights.put("lstm", "recurrent_kernel", Tensor.filled(1, 2, 8));
    weights.put("td", "kernel", Tensor.filled(1, 2, 6));
    weights.put("dense", "kernel", Tensor.filled(1, 6, 3));
    return weights;
  }
}
