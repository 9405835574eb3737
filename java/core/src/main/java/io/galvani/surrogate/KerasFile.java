package io.galvani.surrogate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.galvani.InputException;
import io.galvani.io.YamlMap;
import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ContiguousDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Imports networks that Keras saved as HDF5: whole models ({@code model.save}), or weights alone ({@code model.save_weights}), of which
 * a description has the layers.
 *
 * <p>A model's own configuration becomes the layers of a description, in the same names, and is read as such. What only training needs
 * (initialisers, regularisers, the optimiser's state) is left out.
 */
public final class KerasFile {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Set<String> ONLY_TRAINING = Set.of("name", "trainable", "dtype", "batch_input_shape", "batch_shape", "sparse",
      "ragged", "momentum", "center", "scale", "unit_forget_bias", "implementation", "unroll", "dropout", "recurrent_dropout", "noise_shape", "seed");
  private static final List<String> ONLY_TRAINING_ENDS = List.of("_initializer", "_regularizer", "_constraint");

  private final Path file;
  private long unread; // bytes of the file that may still be weights

  private KerasFile(Path file) {
    this.file = file;
  }

  /**
   * Reads a whole model. Without a description its outputs are fed back to its first channels, nothing is normalised, and a sample is
   * 1 ms.
   *
   * @throws InputException for anything that is not supported; names the layer
   */
  public static Surrogate read(Path file) {
    return new KerasFile(file).surrogate(null);
  }

  /**
   * Reads a model, or weights alone if the description has the layers.
   *
   * @param description a YAML or JSON file
   * @throws InputException for anything that is not supported; names the layer
   */
  public static Surrogate read(Path file, Path description) {
    try (var text = Files.newBufferedReader(description)) {
      boolean json = description.toString().endsWith(".json");
      return new KerasFile(file).surrogate(json ? YamlMap.readJson(description.toString(), text)
          : YamlMap.read(description.toString(), text));
    } catch (IOException e) {
      throw InputException.unreadable(description, e);
    }
  }

  private Surrogate surrogate(YamlMap description) {
    var weights = new Weights(file.toString());
    String config = content(weights);
    String name = file.getFileName().toString().replaceFirst("\\.(h5|hdf5)$", "");
    if (config == null) {
      if (description == null) {
        throw bad(null, "holds weights alone, and not the layers", "Give a description that has them");
      }
      return DescriptionReader.read(name, description, file.toString(), weights);
    }
    var network = network(config, description, weights);
    return description == null ? Surrogate.of(name, network) : DescriptionReader.read(name, description, network);
  }

  // ---- HDF5 ----

  /** Fills in the weights; returns the model's configuration, or {@code null} if the file has none. */
  private String content(Weights weights) {
    try (var watched = WatchedFile.open(file)) {
      unread = watched.content().capacity();
      try (var hdf = HdfFile.fromByteBuffer(watched.content())) {
        return content(hdf, weights);
      } catch (InputException e) {
        throw e;
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        // jhdf meets a damaged file with whatever comes first, and believes the sizes in it
        throw bad(null, "is not HDF5, or damaged: " + (watched.isTaken() ? "it takes more memory or time than such a file can"
            : String.valueOf(e.getMessage()).lines().findFirst().orElse("")), null);
      }
    }
  }

  private String content(HdfFile hdf, Weights weights) {
    Group root = hdf.getChildren().containsKey("model_weights") ? group(hdf, "model_weights") : hdf;
    if (texts(root, "layer_names") == null) {
      throw bad(null, "is HDF5 but not of Keras: it has no layer_names", null);
    }
    for (String layer : texts(root, "layer_names")) {
      Group group = group(root, layer);
      var weightNames = texts(group, "weight_names");
      for (String weight : weightNames == null ? List.<String>of() : weightNames) {
        String last = weight.substring(weight.lastIndexOf('/') + 1).replaceFirst(":0$", "");
        weights.put(layer, last, tensor(group, weight));
      }
    }
    var config = texts(hdf, "model_config");
    return config == null || config.isEmpty() ? null : config.getFirst();
  }

  private Group group(Group parent, String name) {
    if (parent.getChild(name) instanceof Group group) {
      return group;
    }
    throw bad(name, "there is no such group", null);
  }

  /** A list of texts, or one alone; {@code null} if there is none. A layer without weights has an empty list, and that of numbers. */
  private List<String> texts(Node node, String name) {
    Attribute attribute = node.getAttribute(name);
    if (attribute == null) {
      return null;
    }
    if (attribute.isEmpty() || attribute.getSize() == 0) {
      return List.of();
    }
    if (attribute.getJavaType() != String.class || attribute.getDimensions().length > 1) {
      throw bad(name, "is not a list of texts", null);
    }
    return attribute.getData() instanceof String[] texts ? List.of(texts) : List.of((String) attribute.getData());
  }

  /** The data set at a path within a group. Links, which may lead out of the file, are not followed. */
  private Tensor tensor(Group group, String path) {
    String[] names = path.split("/");
    for (int i = 0; i < names.length - 1; i++) {
      group = group(group, names[i]);
    }
    if (!(group.getChild(names[names.length - 1]) instanceof Dataset data)) {
      throw bad(path, "is not a data set", null);
    }
    if (data.getJavaType() != float.class || data.getDataType().getSize() != Float.BYTES) {
      throw bad(path, "holds values of type " + data.getJavaType().getSimpleName() + ", not float32", null);
    }
    int[] shape = data.getDimensions();
    if (shape.length == 0 || data.getSize() < 1 || data.isEmpty()) {
      throw bad(path, "holds no values", null);
    }
    if (!(data instanceof ContiguousDataset contiguous)) {
      throw bad(path, "is stored in pieces", "Weights that are compressed, or may grow, are not read");
    }
    if (data.getSize() > unread / Float.BYTES) { // before memory is asked for
      throw bad(path, "is larger than what the file may have left: " + data.getSize() + " values", null);
    }
    float[] values = new float[(int) data.getSize()];
    contiguous.getBuffer().asFloatBuffer().get(values);
    unread -= (long) Float.BYTES * values.length;
    return Tensor.of(values, shape);
  }

  // ---- configuration ----

  private Network network(String config, YamlMap description, Weights weights) {
    try {
      return network(JSON.readTree(config), description, weights);
    } catch (JsonProcessingException e) {
      throw bad("model_config", "is not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""), null);
    }
  }

  private Network network(JsonNode model, YamlMap description, Weights weights) {
    String kind = model.path("class_name").asText();
    if (!List.of("Sequential", "Functional", "Model").contains(kind) || !model.at("/config/layers").isArray()) {
      throw bad("model_config", "a model of class '" + kind + "' is not supported",
          "Supported: Sequential, and Functional that is a chain");
    }
    var layers = model.at("/config/layers");
    if (!kind.equals("Sequential")) {
      requireChain(layers, model.at("/config/output_layers"));
    }
    var described = JSON.createObjectNode();
    var list = described.putArray("layers");
    JsonNode input = null;
    for (JsonNode layer : layers) {
      var options = layer.path("config");
      for (String key : List.of("batch_input_shape", "batch_shape")) {
        input = input == null && options.has(key) ? options.get(key) : input;
      }
      if (!layer.path("class_name").asText().equals("InputLayer")) {
        list.add(described(layer));
      }
    }
    if (input == null || input.size() != 3 || !input.get(2).canConvertToInt()) {
      throw bad("model_config", "an input of shape " + input + " is not supported", "Supported: [batch, window, channels]");
    }
    int window = input.get(1).canConvertToInt() ? input.get(1).intValue() : window(description);
    var yaml = YamlMap.readJson(file + ":model_config", described.toPrettyString());
    return Network.of(file.toString(), window, input.get(2).intValue(), LayerReader.read(yaml.maps("layers"), weights));
  }

  private int window(YamlMap description) {
    if (description == null) {
      throw bad("model_config", "has an input of any number of samples", "Give a description that has the window");
    }
    return description.whole("window");
  }

  /** A layer of a configuration as a description has it. */
  private static ObjectNode described(JsonNode layer) {
    var to = JSON.createObjectNode().put("type", layer.path("class_name").asText());
    var options = layer.path("config");
    if (options.has("name")) {
      to.set("name", options.get("name"));
    }
    for (var option : options.properties()) {
      String key = option.getKey();
      if (key.equals("layer")) {
        to.set(key, described(option.getValue()));
      } else if (!ONLY_TRAINING.contains(key) && ONLY_TRAINING_ENDS.stream().noneMatch(key::endsWith)) {
        to.set(key, option.getValue());
      }
    }
    return to;
  }

  /** Refuses a graph in which a layer takes anything but the one before it. */
  private void requireChain(JsonNode layers, JsonNode outputs) {
    String before = null;
    for (JsonNode layer : layers) {
      String name = layer.path("name").asText();
      var inputs = new ArrayList<String>();
      for (JsonNode node : layer.path("inbound_nodes")) {
        node.forEach(input -> inputs.add(input.path(0).asText()));
      }
      if (before == null ? !inputs.isEmpty() : !inputs.equals(List.of(before))) {
        throw bad(Network.place(name, layer.path("class_name").asText()), "takes " + inputs + ", and not the layer before it",
            "Supported: a chain of layers");
      }
      before = name;
    }
    if (outputs.size() != 1 || !outputs.path(0).path(0).asText().equals(before)) {
      throw bad("model_config", "the outputs are " + outputs + ", and not the last layer", "Supported: a chain of layers");
    }
  }

  private InputException bad(String place, String fault, String remedy) {
    return new InputException(file.toString(), place, fault, remedy);
  }
}
