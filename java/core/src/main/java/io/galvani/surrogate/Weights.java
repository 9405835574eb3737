package io.galvani.surrogate;

import io.galvani.InputException;
import io.galvani.io.Origin;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The weights in a file, by layer and by Keras' name within it, while a network is built from them. */
final class Weights {
  private final String file;
  private final Map<String, Map<String, Tensor>> layers = new LinkedHashMap<>();
  private final Set<String> taken = new HashSet<>();

  Weights(String file) {
    this.file = file;
  }

  void put(String layer, String weight, Tensor tensor) {
    if (layers.computeIfAbsent(layer, k -> new LinkedHashMap<>()).put(weight, tensor) != null) {
      throw new InputException(file, layer + "/" + weight, "is here twice", null);
    }
  }

  boolean has(String layer, String weight) {
    return layers.getOrDefault(layer, Map.of()).containsKey(weight);
  }

  /** Weights that a layer needs; {@code origin} is where the layer is described. */
  Tensor take(Origin origin, String layer, String weight) {
    if (!has(layer, weight)) {
      throw layers.containsKey(layer)
          ? origin.fault("has no '" + weight + "' in " + file, InputException.suggestion(weight, layers.get(layer).keySet()))
          : origin.fault("has no weights in " + file, InputException.suggestion(layer, layers.keySet()));
    }
    taken.add(layer + "/" + weight);
    return layers.get(layer).get(weight);
  }

  /** Weights that a layer may lack; n times the same value if it does. */
  Tensor take(Origin origin, String layer, String weight, int n, float otherwise) {
    return has(layer, weight) ? take(origin, layer, weight) : Tensor.filled(otherwise, n);
  }

  /** Refuses weights that no layer took: the description is not that of the network. */
  void requireAllTaken() {
    layers.forEach((layer, weights) -> weights.keySet().forEach(weight -> {
      if (!taken.contains(layer + "/" + weight)) {
        throw new InputException(file, layer + "/" + weight, "no layer takes these weights", "Describe the layer '" + layer + "'");
      }
    }));
  }
}
