package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.surrogate.Output.Affine;
import io.jhdf.HdfFile;
import io.jhdf.api.WritableGroup;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files as Keras 2.4 lays them out, made here. */
class KerasFileTest {
  /** A layer's configuration with the oddities of real ones, which say nothing about what is predicted. */
  private static final String CONV = """
      {"class_name": "Conv1D", "config": {"name": "c", "trainable": true, "dtype": "float32", "batch_input_shape": [32, 4, 2], "filters": 3,
       "kernel_size": [2], "strides": [1], "padding": "causal", "data_format": "channels_last", "dilation_rate": [2], "groups": 1,
       "activation": "relu", "use_bias": true, "kernel_initializer": {"class_name": "HeUniform", "config": {"seed": null}},
       "kernel_regularizer": {"class_name": "L2", "config": {"l2": 1e-8}}, "activity_regularizer": null, "bias_constraint": null}
       %s}""";
  private static final String TIMES = """
      {"class_name": "TimeDistributed", "config": {"name": "td", "layer": {"class_name": "Dense", "config": {"name": "inner", "units": 2,
       "activation": "selu", "use_bias": true, "bias_initializer": {"class_name": "Zeros", "config": {}}}}} %s}""";

  @TempDir Path dir;

  private final Map<String, Map<String, Object>> weights = new LinkedHashMap<>();
  private String config = sequential(CONV, TIMES);

  KerasFileTest() {
    weights.put("c", Map.of("c/kernel:0", new float[][][] {{{1, 2, 3}, {4, 5, 6}}, {{7, 8, 9}, {10, 11, 12}}}, "c/bias:0",
        new float[] {1, 2, 3}));
    weights.put("td", Map.of("td/kernel:0", new float[][] {{1, 2}, {3, 4}, {5, 6}}, "td/bias:0", new float[] {0.5f, -0.5f}));
  }

  private final Network expected = Network.of("expected", 4, 2, List.of(
      new Layer.Conv1D("c", Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 2, 3), Tensor.of(new float[] {1, 2, 3}, 3), 2,
          Activation.RELU),
      new Layer.TimeDistributed(new Layer.Dense("td", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2),
          Tensor.of(new float[] {0.5f, -0.5f}, 2), Activation.SELU))));

  @Test
  void readsAWholeModel() {
    assertEquals(Surrogate.of("net", expected), KerasFile.read(file()));
    config = functional(CONV, TIMES);
    assertEquals(expected, KerasFile.read(file()).network());
  }

  @Test
  void aDescriptionSaysWhatTheNumbersMean() throws IOException {
    Path d = Files.writeString(dir.resolve("d.yaml"), """
        name: cell
        sample: 0.5
        channels: [{name: v, unit: mV, offset: -70, scale: 100}, {name: e, unit: uS}]
        outputs: [{channel: v, output_affine: {a: 2}}, {name: spike}]
        """);
    var s = KerasFile.read(file(), d);
    assertEquals("cell", s.name());
    assertEquals(0.5, s.sample());
    assertEquals(new Affine(2, 0), s.outputs().getFirst().outputAffine());
    assertEquals(expected, s.network());
    refused(Files.writeString(d, "window: 5\n"), "d.yaml:1: window = 5, and the network takes 4");
    refused(Files.writeString(d, "layers: []\n"), "d.yaml:1: the layers are described in the file of the weights");
    refused(Files.writeString(d, "channels: [{name: v}]\n"), "1 channels where the network has 2");
  }

  @Test
  void weightsAloneNeedLayers() throws IOException {
    config = null;
    var alone = assertThrows(InputException.class, () -> KerasFile.read(file()));
    assertTrue(alone.getMessage().endsWith("holds weights alone, and not the layers. Give a description that has them"), alone.getMessage());
    String layers = "[{type: Conv1D, name: c, dilation_rate: 2, activation: relu}, {type: TimeDistributed, name: td, layer: {type: Dense, activation: selu}}]";
    Path d = Files.writeString(dir.resolve("d.yaml"), "window: 4\nchannels: [{name: a}, {name: b}]\nlayers: " + layers);
    assertEquals(expected, KerasFile.read(file(), d).network());
    Path json = Files.writeString(dir.resolve("d.json"),
        ("{\t\"window\": 4,\n\"channels\": [{name: a}, {name: b}],\n\"layers\": " + layers + "}").replaceAll("(\\w+): (\\w+)", "\"$1\": \"$2\"")
            .replaceAll("(\\w+): ([{\\[])", "\"$1\": $2").replace("\"2\"", "2"));
    assertEquals(expected, KerasFile.read(file(), json).network());
    refused(Files.writeString(json, "{\n\"window\": 4,\n}"), "d.json:3: is not JSON");
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "\"padding\": \"causal\"  | \"padding\": \"valid\"       | layer 'c' (Conv1D): padding 'valid' is not supported. Supported: causal",
      "\"strides\": [1]         | \"strides\": [2]             | strides '2' is not supported",
      "\"strides\": [1]         | \"strides\": [1, 1]          | strides has 2 values",
      "\"groups\": 1            | \"groups\": 2                | groups '2' is not supported",
      "\"channels_last\"        | \"channels_first\"           | data_format 'channels_first' is not supported",
      "\"filters\": 3           | \"filters\": 4               | filters = 4, and the weights have float32 [2, 2, 3]",
      "\"use_bias\": true       | \"use_bias\": false          | use_bias is false, and the file has a bias",
      "\"groups\": 1            | \"grouping\": 1              | unknown key 'grouping'",
      "\"relu\"                 | \"swish\"                    | activation 'swish' is not supported. Supported: linear, relu",
      "\"class_name\": \"Conv1D\" | \"class_name\": \"Conv2D\" | 'Conv2D' is not supported. Supported layers: Conv1D",
      "\"name\": \"c\"          | \"name\": \"d\"              | layer 'd' (Conv1D): has no weights in",
      "\"class_name\": \"Sequential\" | \"class_name\": \"MyModel\" | a model of class 'MyModel' is not supported",
      "[32, 4, 2]               | [32, null, 2]                | has an input of any number of samples",
      "[32, 4, 2]               | [32, 4, 4, 2]                | an input of shape [32,4,4,2] is not supported",
      "[32, 4, 2]               | [32, 4, 3]                   | layer 'c' (Conv1D): is given [4, 3] where it takes [any, 2]",
      "{\"class_name\"          | {{\"class_name\"             | model_config: is not JSON"})
  void refusesWhatAModelMayNotBe(String good, String bad, String says) {
    assertTrue(config.contains(good), "the case no longer fits: " + good);
    config = config.replace(good, bad);
    refused(says);
  }

  @Test
  void refusesAGraphThatIsNoChain() {
    config = functional(CONV, TIMES).replace("[[[\"c\", 0, 0, {}]]]", "[[[\"c\", 0, 0, {}], [\"input\", 0, 0, {}]]]");
    refused("layer 'td' (TimeDistributed): takes [c, input], and not the layer before it. Supported: a chain of layers");
    config = functional(CONV, TIMES).replace("[\"td\", 0, 0]]", "[\"td\", 0, 0], [\"c\", 0, 0]]");
    refused("and not the last layer");
  }

  @Test
  void refusesWeightsThatAreNotThere() {
    weights.put("td", Map.of("td/kernel:0", new float[][] {{1, 2}, {3, 4}, {5, 6}}));
    refused("layer 'td' (TimeDistributed): use_bias is true, and the file has no bias".replace("TimeDistributed", "Dense"));
    weights.put("td", Map.of("td/kernel:0", new double[][] {{1, 2}, {3, 4}, {5, 6}}));
    refused("td/kernel:0: holds values of type double, not float32");
    weights.put("td", Map.of("td/kernel:0", new float[][] {{1, 2}, {3, 4}}, "td/bias:0", new float[2]));
    refused("is given [4, 3] where it takes [any, 2]");
    weights.put("td", Map.of("td/kernel:0", new float[][] {{1, 2}, {3, 4}, {5, Float.NaN}}, "td/bias:0", new float[2]));
    refused("kernel[5] = NaN is not a finite number");
  }

  @Test
  void refusesWhatIsNotOfKeras() throws IOException {
    Path file = dir.resolve("net.h5");
    try (var hdf = HdfFile.write(file)) {
      hdf.putDataset("x", new float[] {1});
    }
    refusedFile(file, "is HDF5 but not of Keras: it has no layer_names");
    refusedFile(Files.writeString(file, "time_ms,cell\n"), "is not HDF5, or damaged");
    refusedFile(Files.write(file, new byte[0]), "is not HDF5, or damaged");
    refusedFile(dir.resolve("none.h5"), "there is no such file");
    refusedFile(dir, "is not a file");
    try (var large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(1L << 31); // and holds nothing
    }
    refusedFile(file, "cannot be read: it is larger than 2 GiB");
  }

  /** Forty levels of a tree, each with the next one in it four times: to follow it is to meet 4⁴⁰ nodes. */
  @Test
  void aTreeThatNobodyCanFollowIsLeft() throws IOException {
    int nodeSize = 24 + 17 * 8;
    var b = ByteBuffer.allocate(136 + 40 * nodeSize).order(ByteOrder.LITTLE_ENDIAN);
    b.put(new byte[] {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n', 0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0});
    b.putLong(0).putLong(-1).putLong(b.capacity()).putLong(-1); // base, free space, end, driver
    b.putLong(0).putLong(96).put(new byte[24]); // the root: its name, its header
    b.put(new byte[] {1, 0, 1, 0, 1, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0}).put(new byte[] {0x11, 0, 16, 0, 0, 0, 0, 0});
    b.putLong(136).putLong(0); // the tree of its names, the names
    for (int level = 39; level >= 0; level--) {
      long next = b.position() + nodeSize;
      b.put("TREE".getBytes(StandardCharsets.US_ASCII)).put((byte) 0).put((byte) level).putShort((short) 4).putLong(-1).putLong(-1);
      for (int i = 0; i < 8; i++) {
        b.putLong(0).putLong(next);
      }
      b.putLong(0);
    }
    refusedFile(Files.write(dir.resolve("tree.h5"), b.array()),
        "is not HDF5, or damaged: it takes more memory or time than such a file can");
  }

  /** A data set of 4000 bytes under ten names. */
  @Test
  void weightsAreNotMoreThanTheFile() throws URISyntaxException {
    refusedFile(Path.of(KerasFileTest.class.getResource("ImportersFuzzTestInputs/keras/linked.h5").toURI()),
        "is larger than what the file may have left: 1000 values");
  }

  /** Whatever byte is wrong: one sentence, or a network. */
  @Test
  void anyDamageIsOneSentence() throws IOException {
    byte[] good = Files.readAllBytes(file());
    var random = new Random(6);
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      byte[] bad = random.nextInt(10) == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
      for (int k = random.nextInt(8); k >= 0 && bad.length > 0; k--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      Path file = Files.write(dir.resolve("bad.h5"), bad);
      try {
        KerasFile.read(file);
      } catch (InputException e) {
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 50, refused + " refused");
  }

  /** Files that are as they should be. */
  static Stream<byte[]> examples() throws IOException {
    var test = new KerasFileTest();
    test.dir = Files.createTempDirectory("galvani-keras");
    var files = Stream.<byte[]>builder();
    for (String config : new String[] {sequential(CONV, TIMES), functional(CONV, TIMES), null}) {
      test.config = config;
      files.add(Files.readAllBytes(test.file()));
    }
    Files.delete(test.file());
    Files.delete(test.dir);
    return files.build();
  }

  private void refused(String says) {
    refusedFile(file(), says);
  }

  private static void refusedFile(Path file, String says) {
    var e = assertThrows(InputException.class, () -> KerasFile.read(file));
    assertTrue(e.getMessage().startsWith(file.toString()) && e.getMessage().contains(says), e.getMessage());
  }

  private void refused(Path description, String says) {
    var e = assertThrows(InputException.class, () -> KerasFile.read(file(), description));
    assertTrue(e.getMessage().contains(says), e.getMessage());
  }

  /** The weights, and the configuration if there is one, in a file. */
  private Path file() {
    Path file = dir.resolve("net.h5");
    try (var hdf = HdfFile.write(file)) {
      WritableGroup root = config == null ? hdf : hdf.putGroup("model_weights");
      root.putAttribute("layer_names", weights.keySet().toArray(String[]::new));
      weights.forEach((layer, of) -> {
        var group = root.putGroup(layer);
        var names = new ArrayList<>(of.keySet());
        if (!names.isEmpty()) { // Keras writes an empty list of float64 if they are, which jhdf does not write; KerasFixturesTest reads it
          group.putAttribute("weight_names", names.toArray(String[]::new));
          var inner = group.putGroup(layer);
          of.forEach((name, values) -> inner.putDataset(name.substring(name.indexOf('/') + 1), values));
        }
      });
      if (config != null) {
        hdf.putAttribute("model_config", config);
      }
    }
    return file;
  }

  private static String sequential(String... layers) {
    var list = Arrays.stream(layers).map(l -> l.formatted("")).toList();
    return "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": [" + String.join(", ", list) + "]}}";
  }

  private static String functional(String... layers) {
    var list = new ArrayList<>(List.of("{\"class_name\": \"InputLayer\", \"config\": {\"batch_input_shape\": [null, 4, 2], \"ragged\": false,"
        + " \"name\": \"input\"}, \"name\": \"input\", \"inbound_nodes\": []}"));
    String before = "input";
    for (String layer : layers) {
      String name = layer.replaceFirst("(?s).*?\"name\": \"(\\w+)\".*", "$1");
      list.add(layer.formatted(", \"name\": \"" + name + "\", \"inbound_nodes\": [[[\"" + before + "\", 0, 0, {}]]]"));
      before = name;
    }
    return "{\"class_name\": \"Functional\", \"config\": {\"layers\": [" + String.join(", ", list) + "], \"input_layers\": [[\"input\", 0, 0]],"
        + " \"output_layers\": [[\"" + before + "\", 0, 0]]}}";
  }
}
