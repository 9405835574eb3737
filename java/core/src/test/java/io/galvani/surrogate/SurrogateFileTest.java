package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.galvani.InputException;
import io.galvani.io.YamlMap;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Our own file: what is written is read, and anything else is one sentence. */
class SurrogateFileTest {
  @TempDir Path dir;

  @Test
  void roundTrips() throws IOException {
    Path file = dir.resolve("s.safetensors");
    for (var s : List.of(TestNetworks.surrogate(), Surrogate.of("net", TestNetworks.waveNet(1, 2, 4)),
        Surrogate.of("net", TestNetworks.cnnLstm(16, 3, new int[] {4, 3, 2}, 2, 2, 1)))) {
      SurrogateFile.write(file, s);
      assertEquals(s, SurrogateFile.read(file));
    }
    try (var files = Files.list(dir)) {
      assertEquals(List.of(file), files.toList(), "nothing else is left behind");
    }
  }

  @Test
  void tensorsAreMappedAtMultiplesOf64Bytes() throws IOException {
    Path file = dir.resolve("s.safetensors");
    SurrogateFile.write(file, TestNetworks.surrogate());
    var kernel = ((Layer.Conv1D) SurrogateFile.read(file).network().layers().getFirst()).kernel();
    assertTrue(kernel.data().isMapped() && kernel.data().isReadOnly());
    assertEquals(0, kernel.data().address() % Tensor.ALIGNMENT);
  }

  /** The layout of the format, by hand: what other programmes write is read, aligned or not. */
  @Test
  void readsWhatOthersWrite() throws IOException {
    String description = "{\\\"window\\\": 1,\\t\\\"channels\\\": [{\\\"name\\\": \\\"v\\\"}, {\\\"name\\\": \\\"e\\\"}], "
        + "\\\"layers\\\": [{\\\"type\\\": \\\"Flatten\\\"}, {\\\"type\\\": \\\"Dense\\\", \\\"name\\\": \\\"d\\\"}]}";
    String header = "{\"d/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},\"__metadata__\":{\"format\":\"pt\",\"galvani\":\""
        + description + "\"}}";
    var s = SurrogateFile.read(file(header, 1.5f, -2));
    var dense = (Layer.Dense) s.network().layers().get(1);
    assertEquals(Tensor.of(new float[] {1.5f, -2}, 2, 1), dense.kernel());
    assertEquals(Tensor.filled(0, 1), dense.bias(), "a missing bias is 0");
    assertEquals("bad", s.name());
    assertEquals("v", s.outputs().getFirst().name());
  }

  /** Half the bytes where they hold all there is: 1.5, −2, and the least that float16 has; bfloat16 is read. */
  @Test
  void narrowNumbersAreRead() throws IOException {
    String description = "{\\\"window\\\": 1, \\\"channels\\\": [{\\\"name\\\": \\\"v\\\"}], "
        + "\\\"layers\\\": [{\\\"type\\\": \\\"Flatten\\\"}, {\\\"type\\\": \\\"Dense\\\", \\\"name\\\": \\\"d\\\"}]}";
    String header = "{\"d/kernel\":{\"dtype\":\"%s\",\"shape\":[1,2],\"data_offsets\":[0,4]},\"__metadata__\":{\"galvani\":\""
        + description + "\"}}";
    for (var e : Map.of("F16", 0xc0003e00, "BF16", 0xc0003fc0).entrySet()) {
      var s = SurrogateFile.read(file(header.formatted(e.getKey()), Float.intBitsToFloat(e.getValue())));
      var dense = (Layer.Dense) s.network().layers().get(1);
      assertEquals(Tensor.of(new float[] {1.5f, -2}, 1, 2), dense.kernel(), e.getKey());
    }
    for (float third : new float[] {0x1p-24f, 0x1p-25f}) {
      var layer = new Layer.Dense("d", Tensor.of(new float[] {1.5f, -2, third, 0}, 2, 2), Tensor.filled(-0f, 2), Activation.LINEAR);
      var s = Surrogate.of("s", Network.of("s", 1, 2, List.of(new Layer.Flatten("f"), layer)));
      Path file = dir.resolve("s.safetensors");
      SurrogateFile.write(file, s);
      assertEquals(s, SurrogateFile.read(file));
      String text = Files.readString(file, StandardCharsets.ISO_8859_1);
      assertEquals(third == 0x1p-24f, text.contains("\"dtype\":\"F16\""), text);
      assertEquals(third != 0x1p-24f, text.contains("\"dtype\":\"F32\""), text);
    }
  }

  // ---- damaged files ----

  private static final String GOOD = """
      {"__metadata__": {"galvani": "x"}, "a": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]},
       "b": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}""";

  @ParameterizedTest(name = "{1}")
  @MethodSource
  void refusesDamagedHeaders(String header, String says) throws IOException {
    refused(file(header, 1, 2, 3), says);
  }

  static List<Arguments> refusesDamagedHeaders() {
    return List.of(
        damage("[0, 8]", "[0, 4]", "a: has 4 bytes where shape [1, 2] of F32 takes 8"),
        damage("[0, 8]", "[4, 12]", "a: begins at byte 4 of the data where the tensor before it ends at 0"),
        damage("[8, 12]", "[4, 8]", "b: begins at byte 4 of the data where the tensor before it ends at 8"),
        damage("[8, 12]", "[12, 16]", "b: ends at byte 16 of the data, of which there are 12: the file is truncated"),
        damage("[8, 12]", "[0, 4]", "begins at byte 0 of the data where the tensor before it ends at"),
        damage("[0, 8]", "[8, 0]", "a: data_offsets [8, 0] are not a begin and an end after it"),
        damage("[0, 8]", "[-8, 0]", "a: data_offsets [-8, 0]"),
        damage("[0, 8]", "[0]", "a: data_offsets [0]"),
        damage("[0, 8]", "[0, 8, 8]", "a: data_offsets [0, 8, 8]"),
        damage("[0, 8]", "[0, 8.0]", "a: data_offsets holds 8.0, which is not a whole number"),
        damage("[0, 8]", "[0, 99999999999999999999]", "a: data_offsets holds 99999999999999999999"),
        damage("[0, 8]", "[0, 9223372036854775807]", "a: ends at byte 9223372036854775807"),
        damage("[0, 8]", "\"0,8\"", "a: data_offsets is not a list"),
        damage("[1, 2]", "[2, 2]", "a: has 8 bytes where shape [2, 2] of F32 takes 16"),
        damage("[1, 2]", "[0, 2]", "a: shape [0, 2] has an extent that is not from 1"),
        damage("[1, 2]", "[-1, -2]", "a: shape [-1, -2] has an extent"),
        damage("[1, 2]", "[4294967298]", "a: shape [4294967298] has an extent"),
        damage("[1, 2]", "[2147483647, 2147483647, 2147483647]", "has more elements than can be counted"),
        damage("[1, 2]", "[2147483647, 2147483647, 4]", "has more elements than can be counted"),
        damage("[1, 2]", "[65536, 65536, 65536, 16384, 2]", "has more elements than can be counted"),
        damage("[1, 2]", "[true, 2]", "a: shape holds true"),
        damage("[1, 2]", "null", "a: shape is not a list"),
        damage("\"F32\", \"shape\": [1, 2]", "\"F64\", \"shape\": [1, 2]", "a: dtype \"F64\" is not supported. Supported: F32, F16, BF16"),
        damage("\"F32\"", "32", "a: dtype 32 is not supported"),
        damage("\"dtype\": \"F32\", \"shape\": [1, 2]", "\"shape\": [1, 2]", "a: dtype is missing"),
        damage("\"shape\": [1, 2]", "\"shape\": [1, 2], \"order\": \"C\"", "a: has an unknown field 'order'"),
        damage("\"b\":", "\"a\":", "header: is not JSON: Duplicate field 'a'"),
        damage("\"shape\": [1, 2]", "\"shape\": [1, 2], \"shape\": [1, 2]", "header: is not JSON: Duplicate field 'shape'"),
        damage("{\"galvani\": \"x\"}", "[]", "__metadata__: is not an object"),
        damage("{\"galvani\": \"x\"}", "{\"galvani\": {}}", "__metadata__.galvani: is not a text"),
        damage("{\"galvani\": \"x\"}", "{\"format\": \"pt\"}", "__metadata__: holds no 'galvani'"),
        damage("{\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [8, 12]}", "7", "b: is not an object"),
        damage(",\n \"b\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [8, 12]}", "", "holds 4 bytes after the last tensor"),
        damage("}}", "}", "header: is not JSON"),
        damage("}}", "}} {}", "header: is not JSON"),
        damage("{\"__m", " {\"__m", "header: does not begin with {"),
        damage("\"x\"", "\"\u00ff\"", "header: is not text in UTF-8"),
        damage("\"x\"", "[".repeat(5000), "header: is not JSON: Document nesting depth"),
        damage("\"x\"", "\"[]\"", "bad.safetensors:galvani:1: the file is not a mapping"),
        damage("\"x\"", "\"\"", "bad.safetensors:galvani: is empty"),
        damage("\"x\"", "\"{\"", "bad.safetensors:galvani:1: is not JSON"),
        damage("\"x\"", "\"{} {}\"", "bad.safetensors:galvani:1: is not JSON: something follows its end"),
        damage("\"x\"", "\"" + "[".repeat(30) + "\"", "bad.safetensors:galvani:1: is not JSON: Document nesting depth"));
  }

  private static Arguments damage(String good, String bad, String says) {
    assertTrue(GOOD.contains(good), "the case no longer fits: " + good);
    return Arguments.of(GOOD.replaceFirst(Pattern.quote(good), Matcher.quoteReplacement(bad)),
        says);
  }

  @Test
  void refusesDamagedFiles() throws IOException {
    byte[] good = Files.readAllBytes(file(GOOD, 1, 2, 3));
    for (long length : new long[] {-1, 0, 1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, (1 << 24) + 1}) {
      byte[] bad = good.clone();
      ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
      refused(write(bad), "a header of " + Long.toUnsignedString(length) + " bytes");
    }
    refused(write(Arrays.copyOf(good, good.length - 1)), "b: ends at byte 12 of the data, of which there are 11: the file is truncated");
    refused(write(Arrays.copyOf(good, good.length + 1)), "holds 1 bytes after the last tensor");
    refused(write(Arrays.copyOf(good, 20)), "is truncated: a header of");
    refused(write(Arrays.copyOf(good, 7)), "is too short for a safetensors file: 7 bytes");
    refused(write(new byte[0]), "is too short");
    refused(dir.resolve("none"), "there is no such file");
    refused(dir, "is a directory");
  }

  /** Whatever byte is wrong: the file is refused, or the surrogate that is read is a whole one. */
  @Test
  void anyDamageIsOneSentence() throws IOException {
    Path file = dir.resolve("s.safetensors");
    SurrogateFile.write(file, TestNetworks.surrogate());
    byte[] good = Files.readAllBytes(file);
    var random = new Random(5);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] bad = random.nextInt(10) == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
      for (int k = random.nextInt(3); k >= 0 && bad.length > 0; k--) {
        bad[random.nextInt(bad.length)] = (byte) (random.nextBoolean() ? random.nextInt(256) : "0-{}[]\",:.e".charAt(random.nextInt(11)));
      }
      try {
        KerasReference.predict(SurrogateFile.read(write(bad)).network(), new double[6][4]);
      } catch (InputException e) {
        assertFalse(e.getMessage().contains("Exception"), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 1000, refused + " refused");
  }

  // ---- descriptions ----

  @ParameterizedTest(name = "{2}")
  @MethodSource
  void refusesDescriptions(String at, Consumer<ObjectNode> change, String says) throws IOException {
    Path file = dir.resolve("s.safetensors");
    var content = safetensors(file);
    var json = JsonMapper.builder().build();
    var description = (ObjectNode) json.readTree(content.metadata().get("galvani"));
    change.accept((ObjectNode) description.at(at));
    new Safetensors(Map.of("galvani", description.toPrettyString()), content.tensors()).write(dir.resolve("bad.safetensors"));
    refused(dir.resolve("bad.safetensors"), says);
  }

  @Test
  void theExampleOfTheReadmeIsRead() throws IOException {
    var yaml = YamlMap.read("README", new StringReader(ReadmeDescription.text()));
    var s = DescriptionReader.read("x", yaml, "weights", ReadmeDescription.weights());
    assertEquals("ball", s.name());
    assertEquals(5, s.network().repeats());
    assertEquals(List.of("v", "ina", "ca"), s.outputs().stream().map(Output::name).toList());
    assertEquals(new Output.Gain(1.0005, -1.5e-4, 0.9948), s.outputs().getFirst().gain());
    assertEquals(3, s.slots().get(1).channel());
    assertEquals(SpikeRule.Kind.CROSSING, s.spikes().orElseThrow().kind());
    assertEquals(0.789, s.provenance().scores().get("explained_variance"));
  }

  private static Safetensors safetensors(Path file) throws IOException {
    SurrogateFile.write(file, TestNetworks.surrogate());
    return Safetensors.read(file);
  }

  static Stream<Arguments> refusesDescriptions() {
    return Stream.of(
        change("", d -> d.put("format", 2), "galvani:2: format 2 is not known. This version of Galvani reads 1"),
        change("", d -> d.put("sampel", 2), "unknown key 'sampel'. Did you mean 'sample'?"),
        change("", d -> d.put("sample", 0), "sample = 0.0 ms is not above 0"),
        change("", d -> d.put("sample", "1"), "sample: '1' is not a number in ms"),
        change("", d -> d.put("window", 7), "layer 'lstm7' (LSTM): is given [3, 21] where it takes [any, 18]"),
        change("", d -> d.put("window", 6.5), "window = 6.5 is not a whole number"),
        change("", d -> d.put("window", 1e99), "is not a whole number"),
        change("", d -> d.remove("window"), "'window' is missing"),
        change("", d -> d.remove("layers"), "'layers' is missing"),
        change("", d -> d.putArray("channels"), "an input of 6 samples of 0 channels"),
        change("/channels/0", d -> d.put("name", "exc"), "unknown channel 'v'"),
        change("/channels/0", d -> d.put("knee", 1), "'clip' stands beside 'knee'"),
        change("/channels/1", d -> d.remove("knee"), "'knee' and 'compression' need each other"),
        change("/channels/1", d -> d.put("scale", 0), "scale = 0.0 is not a finite number other than 0"),
        change("/channels/2", d -> d.put("offset", 1), "channel 'exc' of slot 'a' is not 0 where nothing arrives"),
        change("/outputs/0", d -> d.put("channel", "w"), "unknown channel 'w'"),
        change("/outputs/0", d -> d.put("unit", "V"), "unknown key 'unit'"),
        change("/outputs/0/output_affine", d -> d.put("c", 1), "unknown key 'c'"),
        change("/outputs/0/output_affine", d -> d.put("a", "NaN"), "a: 'NaN' is not a number"),
        change("/outputs/0/gain", d -> d.put("decay", 2), "decay = 2.0"),
        change("/slots/a", d -> d.put("at", "soma(2)"), "x lies outside 0…1"),
        change("/slots/a", d -> d.put("weight", -1), "weight -1.0 is not 0 or more"),
        change("/slots/a", d -> d.put("channel", "v"), "slot 'a' and an output enter one channel, 'v'"),
        change("/spikes", d -> d.put("kind", "peek"), "unknown kind of spike 'peek'. Did you mean 'peak'?"),
        change("/spikes", d -> d.put("output", "w"), "unknown output 'w'"),
        change("/spikes", d -> d.put("refractory", -1), "refractory = -1.0 ms"),
        change("/layers/0", d -> d.put("type", "Conv2D"), "(Conv2D): 'Conv2D' is not supported. Supported layers: Conv1D, BatchNormalization"),
        change("/layers/0", d -> d.put("type", "GRU"), "'GRU' is not supported"),
        change("/layers/0", d -> d.put("name", "conv9"), "layer 'conv9' (Conv1D): has no weights in"),
        change("/layers/0", d -> d.put("activation", "gelu"), "activation 'gelu' is not supported. Supported: linear, relu, tanh, sigmoid, selu"),
        change("/layers/0", d -> d.put("padding", "same"), "padding 'same' is not supported. Supported: causal"),
        change("/layers/0", d -> d.put("strides", 2), "strides '2' is not supported. Supported: 1"),
        change("/layers/0", d -> d.put("dilation_rate", 0), "layer 'conv0' (Conv1D): dilation_rate = 0 is not 1 or more"),
        change("/layers/0", d -> d.put("dilation_rate", 0.5), "dilation_rate '0.5' is not a whole number"),
        change("/layers/0", d -> d.put("kernel_size", 5), "kernel_size = 5, and the weights have float32 [3, 4, 5]"),
        change("/layers/0", d -> d.put("use_bias", false), "use_bias is false, and the file has a bias"),
        change("/layers/0", d -> d.put("stride", 1), "unknown key 'stride'. Did you mean 'strides'?"),
        change("/layers/1", d -> d.put("axis", 1), "axis 1 is not supported"),
        change("/layers/2", d -> d.put("recurrent_activation", "hard_sigmoid"), "'hard_sigmoid' is not supported. Supported: sigmoid"),
        change("/layers/2", d -> d.put("go_backwards", true), "go_backwards 'true' is not supported"),
        change("/layers/3/layer", d -> d.put("type", "LSTM"), "'LSTM' is not supported at each step. Supported: Dense"),
        change("/layers/6", d -> d.put("n", 0), "n = 0 is not 1 or more"),
        change("/layers/5", d -> d.put("rate", 1), "rate = 1.0"),
        change("/provenance/scores", d -> d.put("mae", "low"), "mae: 'low' is not a number"));
  }

  private static Arguments change(String at, Consumer<ObjectNode> change, String says) {
    return Arguments.of(at, change, says);
  }

  private void refused(Path file, String says) {
    var e = assertThrows(InputException.class, () -> SurrogateFile.read(file));
    assertTrue(e.getMessage().startsWith(file.toString()) && e.getMessage().contains(says), e.getMessage());
    assertFalse(e.getMessage().contains("Exception") || e.getMessage().lines().count() > 1, e.getMessage());
  }

  /** A file with that header and data. */
  private Path file(String header, float... data) throws IOException {
    byte[] text = header.getBytes(header.contains("\u00ff") ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
    var b = ByteBuffer.allocate(8 + text.length + 4 * data.length).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text);
    for (float v : data) {
      b.putFloat(v);
    }
    return write(b.array());
  }

  private Path write(byte[] content) throws IOException {
    return Files.write(dir.resolve("bad.safetensors"), content);
  }
}
