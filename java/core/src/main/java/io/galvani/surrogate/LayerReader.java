package io.galvani.surrogate;

import io.galvani.io.Origin;
import io.galvani.io.YamlMap;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * From the description of a layer, in Keras' names for its options, and its weights to the layer. Options that have one supported value
 * may be written down; the sizes that the weights have may be too, and are checked.
 */
final class LayerReader {
  private static final List<String> TYPES = List.of("Conv1D", "BatchNormalization", "Flatten", "RepeatVector", "LSTM", "Dense",
      "TimeDistributed", "Dropout", "Newest", "Traces", "ELM");

  private final YamlMap options;
  private final String name;
  private final Origin origin;
  private final Weights weights;

  private LayerReader(YamlMap options, String name, String type, Weights weights) {
    this.options = options;
    this.name = name;
    var at = options.origin();
    this.origin = new Origin(at.source(), at.place() + ": " + Network.place(name, type));
    this.weights = weights;
  }

  /** All layers of a description, which takes all weights. */
  static List<Layer> read(List<YamlMap> layers, Weights weights) {
    var all = new ArrayList<Layer>();
    for (YamlMap options : layers) {
      String type = options.text("type");
      String name = options.has("name") ? options.text("name") : type.toLowerCase() + "_" + all.size();
      all.add(read(options, name, type, weights));
    }
    weights.requireAllTaken();
    return all;
  }

  private static Layer read(YamlMap options, String name, String type, Weights weights) {
    var reader = new LayerReader(options, name, type, weights);
    try {
      return reader.read(type);
    } catch (IllegalArgumentException e) {
      throw reader.origin.fault(e.getMessage(), null);
    } catch (ArithmeticException e) {
      throw reader.origin.fault("its weights are too large", null);
    }
  }

  private Layer read(String type) {
    return switch (type) {
      case "Conv1D" -> conv1D();
      case "BatchNormalization" -> batchNormalization();
      case "Flatten" -> {
        known();
        only("data_format", "channels_last");
        yield new Layer.Flatten(name);
      }
      case "RepeatVector" -> {
        known();
        yield new Layer.RepeatVector(name, options.whole("n"));
      }
      case "LSTM" -> lstm();
      case "Dense" -> dense();
      case "TimeDistributed" -> {
        known();
        var inner = options.map("layer");
        if (!inner.text("type").equals("Dense")) {
          throw origin.fault("'" + inner.text("type") + "' is not supported at each step", "Supported: Dense");
        }
        yield new Layer.TimeDistributed((Layer.Dense) read(inner, name, "Dense", weights));
      }
      case "Dropout" -> {
        known();
        yield new Layer.Dropout(name, options.number("rate", "", 0));
      }
      case "Newest" -> {
        known();
        yield new Layer.Newest(name);
      }
      case "Traces" -> {
        known();
        yield new Layer.Traces(name, weights.take(origin, name, "decay"));
      }
      case "ELM" -> elm();
      default -> throw origin.fault("'" + type + "' is not supported", "Supported layers: " + String.join(", ", TYPES));
    };
  }

  private Layer conv1D() {
    known();
    only("padding", "causal");
    only("strides", "1");
    only("groups", "1");
    only("data_format", "channels_last");
    var kernel = weights.take(origin, name, "kernel");
    size("kernel_size", kernel, 0);
    size("filters", kernel, 2);
    int dilation = options.has("dilation_rate") ? whole("dilation_rate") : 1;
    return new Layer.Conv1D(name, kernel, bias(kernel), dilation, activation());
  }

  private Layer batchNormalization() {
    known();
    var mean = weights.take(origin, name, "moving_mean");
    int n = mean.extent(0);
    if (options.has("axis") && !List.of("-1", "2").contains(single("axis"))) { // of [batch, steps, features]
      throw origin.fault("axis " + single("axis") + " is not supported", "Supported: the last, -1");
    }
    return new Layer.BatchNormalization(name, weights.take(origin, name, "gamma", n, 1), weights.take(origin, name, "beta", n, 0), mean,
        weights.take(origin, name, "moving_variance"), options.number("epsilon", "", 1e-3));
  }

  private Layer lstm() {
    known();
    only("activation", "tanh");
    only("recurrent_activation", "sigmoid");
    for (String option : List.of("return_state", "go_backwards", "time_major")) {
      only(option, "false");
    }
    var recurrent = weights.take(origin, name, "recurrent_kernel");
    size("units", recurrent, 0);
    return new Layer.LSTM(name, weights.take(origin, name, "kernel"), recurrent, bias(recurrent),
        options.has("return_sequences") && options.truth("return_sequences"), options.has("stateful") && options.truth("stateful"));
  }

  private Layer elm() {
    known();
    var recurrent = weights.take(origin, name, "recurrent_kernel");
    size("memories", recurrent, 0);
    size("units", recurrent, 1);
    return new Layer.ELM(name, weights.take(origin, name, "kernel"), recurrent, weights.take(origin, name, "bias"),
        weights.take(origin, name, "update_kernel"), weights.take(origin, name, "update_bias"), weights.take(origin, name, "decay"),
        weights.take(origin, name, "gain"));
  }

  private Layer dense() {
    known();
    var kernel = weights.take(origin, name, "kernel");
    size("units", kernel, 1);
    return new Layer.Dense(name, kernel, bias(kernel), activation());
  }

  /** The bias; zeros where the layer has none. */
  private Tensor bias(Tensor kernel) {
    if (options.has("use_bias") && options.truth("use_bias") != weights.has(name, "bias")) {
      throw origin.fault("use_bias is " + options.text("use_bias") + ", and the file has " + (weights.has(name, "bias") ? "a" : "no")
          + " bias", null);
    }
    return weights.take(origin, name, "bias", kernel.extent(kernel.rank() - 1), 0);
  }

  private Activation activation() {
    String given = options.has("activation") ? options.text("activation") : "linear";
    if (!Activation.NAMES.contains(given)) {
      throw origin.fault("activation '" + given + "' is not supported", "Supported: " + String.join(", ", Activation.NAMES));
    }
    return Activation.valueOf(given.toUpperCase());
  }

  /** Refuses options that this type of layer does not have. */
  private void known() {
    String[] own = switch (options.text("type")) {
      case "Conv1D" -> new String[] {"filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "activation",
          "use_bias"};
      case "BatchNormalization" -> new String[] {"axis", "epsilon"};
      case "Flatten" -> new String[] {"data_format"};
      case "RepeatVector" -> new String[] {"n"};
      case "LSTM" -> new String[] {"units", "activation", "recurrent_activation", "use_bias", "return_sequences", "return_state",
          "go_backwards", "stateful", "time_major"};
      case "TimeDistributed" -> new String[] {"layer"};
      case "Dropout" -> new String[] {"rate"};
      case "Newest", "Traces" -> new String[0];
      case "ELM" -> new String[] {"units", "memories"};
      default -> new String[] {"units", "activation", "use_bias"};
    };
    options.only(Stream.concat(Stream.of("type", "name"), Stream.of(own)).toList());
  }

  /** Refuses another value of an option than the supported one. */
  private void only(String option, String supported) {
    if (options.has(option) && !single(option).equals(supported)) {
      throw origin.fault(option + " '" + single(option) + "' is not supported", "Supported: " + supported);
    }
  }

  /** Refuses a size that the weights do not have. */
  private void size(String option, Tensor kernel, int dimension) {
    if (options.has(option) && kernel.rank() > dimension && whole(option) != kernel.extent(dimension)) {
      throw origin.fault(option + " = " + single(option) + ", and the weights have " + kernel, null);
    }
  }

  private int whole(String option) {
    try {
      return Integer.parseInt(single(option));
    } catch (NumberFormatException e) {
      throw origin.fault(option + " '" + single(option) + "' is not a whole number", null);
    }
  }

  /** The one value of an option that Keras may write as a list. */
  private String single(String option) {
    var values = options.texts(option);
    if (values.size() != 1) {
      throw origin.fault(option + " has " + values.size() + " values", "One dimension, one value");
    }
    return values.getFirst();
  }
}
