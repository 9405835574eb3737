package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.galvani.InputException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What ONNX Runtime makes of the exported files, against {@link KerasReference}. */
class OnnxFileTest {
  /** Of 1, or of the largest output if that is more: float32 in sums of up to 8192, and the runtime's own tanh and sigmoid. */
  private static final double ROUNDING = 1e-5;
  private static final OrtEnvironment RUNTIME = OrtEnvironment.getEnvironment();

  @TempDir Path dir;

  private final Random random = new Random(7);

  // ---- as frameworks run it ----

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void networks(String name, Network network, List<Integer> batches) throws IOException, OrtException {
    Path file = dir.resolve("net.onnx");
    OnnxFile.write(file, name, Surrogate.of(name, network));
    try (var runtime = RUNTIME.createSession(file.toString())) {
      for (int n : batches) {
        double[][][] windows = windows(n, network.window(), network.channels());
        var out = run(runtime, Map.of("window", tensor(windows)), "prediction", "mean");
        for (int cell = 0; cell < n; cell++) {
          double[][] expected = KerasReference.predict(network, windows[cell]);
          assertClose(name + ", cell " + cell + " of " + n, flat(expected), part(out.get("prediction"), cell, n));
          assertClose(name + ", mean of cell " + cell, KerasReference.mean(expected), part(out.get("mean"), cell, n));
        }
      }
    }
  }

  static Stream<Arguments> networks() {
    int[] multi = {512, 256, 128};
    var few = List.of(1, 3);
    return Stream.concat(small().stream().map(n -> Arguments.of(n.name(), n.network, List.of(1, 5, 2))), Stream.of(
        Arguments.of("linear", TestNetworks.dense(Activation.LINEAR, 64), few),
        Arguments.of("nonlinear", TestNetworks.dense(Activation.SIGMOID, 64), few),
        Arguments.of("deep", TestNetworks.dense(Activation.TANH, 64, 128, 256, 512, 1024, 1024, 512, 256, 128, 64), few),
        Arguments.of("selu", TestNetworks.dense(Activation.SELU, 20), few),
        Arguments.of("point cell", TestNetworks.cnnLstm(64, 5, new int[] {128, 100, 50}, 5, 1, 3), few),
        Arguments.of("layer 5", TestNetworks.cnnLstm(64, 201, multi, 5, 3, 1), few),
        Arguments.of("layer 2/3", TestNetworks.cnnLstm(128, 59, multi, 5, 3, 1), List.of(1)),
        Arguments.of("8 outputs", TestNetworks.cnnLstm(64, 208, new int[] {2048, 128, 64}, 208, 3, 8), List.of(1))));
  }

  // ---- one sample after another ----

  /** Closed loop, each side fed its own predictions. */
  @ParameterizedTest(name = "{0}")
  @MethodSource
  void incremental(String name, Network network, int cells, int steps) throws IOException, OrtException {
    Path file = dir.resolve("net.onnx");
    OnnxFile.writeIncremental(file, name, Surrogate.of(name, network));
    int outputs = Math.min(network.outputs(), network.channels());
    double[][][] known = windows(cells, network.window(), network.channels());
    double[][][] judged = Arrays.stream(known).map(double[][]::clone).toArray(double[][][]::new);
    try (var runtime = RUNTIME.createSession(file.toString())) {
      var session = new Incremental(runtime, network);
      float[] y = session.start(known);
      for (int step = 0; step < steps; step++) {
        for (int cell = 0; cell < cells; cell++) {
          double[] expected = KerasReference.mean(KerasReference.predict(network, judged[cell]));
          float[] mean = Arrays.copyOfRange(y, cell * network.outputs(), (cell + 1) * network.outputs());
          assertClose(name + ", step " + step + ", cell " + cell, expected, mean);
          double[] row = random.doubles(network.channels(), -1, 1).toArray();
          double[] own = row.clone();
          for (int o = 0; o < outputs; o++) {
            row[o] = Math.tanh(expected[o]);
            own[o] = Math.tanh(mean[o]);
          }
          judged[cell] = moved(judged[cell], row);
          known[cell] = moved(known[cell], own);
        }
        y = session.step(known);
      }
    }
  }

  static Stream<Arguments> incremental() {
    return Stream.concat(small().stream().filter(n -> n.refusal == null).map(n -> Arguments.of(n.name, n.network, 3, 100)), Stream.of(
        Arguments.of("point cell", TestNetworks.cnnLstm(64, 5, new int[] {128, 100, 50}, 5, 1, 3), 1, 100),
        Arguments.of("wavenet", TestNetworks.waveNet(1, 2, 4), 2, 100),
        Arguments.of("layer 5", TestNetworks.cnnLstm(64, 201, new int[] {512, 256, 128}, 5, 3, 1), 2, 3),
        Arguments.of("8 outputs", TestNetworks.cnnLstm(64, 208, new int[] {2048, 128, 64}, 208, 3, 8), 1, 1)));
  }

  /** The graph and the columns that it keeps. */
  private record Incremental(OrtSession runtime, Network network, float[][] columns) {
    Incremental(OrtSession runtime, Network network) {
      this(runtime, network, new float[1][]);
    }

    /** Feeds the window's own samples, as the README says; what comes with the last is the first prediction. */
    float[] start(double[][][] windows) throws OrtException {
      long[] shape = extents("columns");
      columns[0] = new float[windows.length * (int) (shape[1] * shape[2])];
      int reach = (int) extents("newest")[1] - 1;
      for (int end = reach + 1; end < network.window(); end++) {
        run(windows, end);
      }
      return run(windows, network.window());
    }

    float[] step(double[][][] windows) throws OrtException {
      return run(windows, network.window());
    }

    /** Feeds the sample before {@code end}. */
    private float[] run(double[][][] windows, int end) throws OrtException {
      long[] shape = extents("columns");
      shape[0] = windows.length;
      int reach = (int) extents("newest")[1] - 1;
      var inputs = new HashMap<String, OnnxTensor>();
      inputs.put("newest", tensor(Arrays.stream(windows).map(w -> Arrays.copyOfRange(w, end - reach - 1, end)).toArray(double[][][]::new)));
      inputs.put("columns", OnnxTensor.createTensor(RUNTIME, FloatBuffer.wrap(columns[0]), shape));
      if (reach > 0) {
        inputs.put("oldest", tensor(Arrays.stream(windows).map(w -> Arrays.copyOf(w, reach)).toArray(double[][][]::new)));
      }
      var out = OnnxFileTest.run(runtime, inputs, "mean", "next_columns");
      columns[0] = out.get("next_columns");
      return out.get("mean");
    }

    private long[] extents(String input) throws OrtException {
      return ((ai.onnxruntime.TensorInfo) runtime.getInputInfo().get(input).getInfo()).getShape();
    }
  }

  @Test
  void nothingToKeepIsRefused() {
    for (var small : small()) {
      if (small.refusal != null) {
        var e = assertThrows(InputException.class,
            () -> OnnxFile.writeIncremental(dir.resolve("net.onnx"), "net.h5", Surrogate.of("net", small.network)));
        assertTrue(e.getMessage().startsWith("net.h5: ") || e.getMessage().startsWith("net.h5:layer"), e.getMessage());
        assertTrue(e.getMessage().contains(small.refusal), e.getMessage());
      }
    }
    assertTrue(isEmpty(dir));
  }

  // ---- files ----

  @Test
  void pathsThatCannotBeWrittenAreRefused() throws IOException {
    var surrogate = TestNetworks.surrogate();
    Files.createDirectory(dir.resolve("folder.onnx"));
    Files.writeString(dir.resolve("text"), "text");
    for (var bad : Map.of(dir.resolve("folder.onnx"), "is a directory",
        dir.resolve("none/net.onnx"), "there is no directory " + dir.resolve("none"),
        dir.resolve("text/net.onnx"), "there is no directory", Path.of("/"), "is a directory", Path.of("/dev/null"), "is not a file",
        dir.resolve(".."), "is a directory").entrySet()) {
      var e = assertThrows(InputException.class, () -> OnnxFile.write(bad.getKey(), "net", surrogate));
      assertTrue(e.getMessage().startsWith(bad.getKey() + ": " + bad.getValue()), e.getMessage());
    }
    assertThrows(IOException.class, () -> OnnxFile.write(dir.resolve("x".repeat(300)), "net", surrogate));
    try (var left = Files.list(dir)) {
      assertEquals(2, left.count());
    }
  }

  @Test
  void theDescriptionIsInTheMetadata() throws IOException, OrtException {
    Path file = Files.writeString(dir.resolve("net.onnx"), "what was there before is replaced");
    var surrogate = Surrogate.of("µ", TestNetworks.everything());
    OnnxFile.write(file, "net", surrogate);
    try (var runtime = RUNTIME.createSession(file.toString())) {
      assertEquals(DescriptionWriter.write(surrogate), runtime.getMetadata().getCustomMetadata().get("galvani"));
      assertEquals("galvani", runtime.getMetadata().getProducerName());
    }
  }

  // ---- small networks of every shape ----

  /** A network and why it cannot run one sample after another; {@code null} if it can. */
  private record Small(String name, Network network, String refusal) {}

  private static List<Small> small() {
    var random = new Random(3);
    var flatten = new Layer.Flatten("flatten");
    var repeat = new Layer.RepeatVector("repeat", 3);
    var dense = dense(random, "µ \"dense\"/", 4, 4, Activation.SELU);
    var last = dense(random, "last", 4, 2, Activation.LINEAR);
    return List.of(
        new Small("everything", TestNetworks.everything(), "layer 'lstm2' (LSTM): makes every column new"),
        new Small("wavenet 1 1 1", TestNetworks.waveNet(1, 1, 1), null),
        new Small("two LSTMs", TestNetworks.cnnLstm(12, 3, new int[] {6, 5, 4}, 4, 2, 2), null),
        new Small("one repeat", TestNetworks.cnnLstm(12, 3, new int[] {6, 5, 4}, 1, 2, 2), null),
        new Small("shortest window", TestNetworks.cnnLstm(6, 3, new int[] {6, 5, 4}, 2, 1, 2), null),
        new Small("too short a window", TestNetworks.cnnLstm(5, 3, new int[] {6, 5, 4}, 2, 1, 2), "looks back 4 samples of a window of 5"),
        new Small("dilation beyond the window", network(8, conv(random, "c", 5, 3, 4, 3), conv(random, "d", 3, 4, 4, Integer.MAX_VALUE),
            flatten, dense(random, "e", 32, 2, Activation.TANH)), null),
        new Small("nothing but columns of their own", network(5, conv(random, "c", 1, 3, 4, 1), dense, bn(random, "b", 4), flatten,
            dense(random, "e", 20, 2, Activation.LINEAR)), null),
        new Small("no Flatten", network(5, conv(random, "c", 2, 3, 4, 1), last), "has no Flatten"),
        new Small("nothing before Flatten", network(5, flatten, dense(random, "e", 15, 2, Activation.LINEAR)),
            "has no layer before Flatten"),
        new Small("normalised features, repeats of one step, a last state", network(4, conv(random, "c", 2, 3, 4, 1), flatten,
            bn(random, "b", 16), repeat, new Layer.Dropout("o", 0.2), new Layer.TimeDistributed(dense(random, "e", 16, 5, Activation.TANH)),
            lstm(random, "l", 5, 4, true), lstm(random, "m", 4, 4, false), dense, last), null),
        new Small("repeats that nothing tells apart", network(4, conv(random, "c", 2, 3, 4, 1), flatten, repeat,
            dense(random, "e", 16, 4, Activation.RELU), last), null),
        new Small("a convolution over repeats", network(4, conv(random, "c", 2, 3, 4, 1), flatten, repeat, conv(random, "d", 2, 16, 4, 1),
            new Layer.Flatten("again"), dense(random, "e", 12, 2, Activation.SIGMOID)), null));
  }

  private static Network network(int window, Layer... layers) {
    return Network.of("small", window, 3, List.of(layers));
  }

  private static Layer conv(Random random, String name, int k, int in, int filters, int dilation) {
    return new Layer.Conv1D(name, TestNetworks.weights(random, k, in, filters), TestNetworks.weights(random, filters), dilation,
        Activation.TANH);
  }

  private static Layer.Dense dense(Random random, String name, int in, int units, Activation a) {
    return new Layer.Dense(name, TestNetworks.weights(random, in, units), TestNetworks.weights(random, units), a);
  }

  private static Layer lstm(Random random, String name, int in, int units, boolean sequences) {
    return new Layer.LSTM(name, TestNetworks.weights(random, in, 4 * units), TestNetworks.weights(random, units, 4 * units),
        TestNetworks.weights(random, 4 * units), sequences);
  }

  private static Layer bn(Random random, String name, int n) {
    return new Layer.BatchNormalization(name, TestNetworks.weights(random, n), TestNetworks.weights(random, n),
        TestNetworks.weights(random, n), Tensor.filled(0.5f, n), 1e-3);
  }

  // ---- arrays ----

  private double[][][] windows(int n, int window, int channels) {
    double[][][] all = new double[n][window][];
    for (double[][] w : all) {
      for (int t = 0; t < window; t++) {
        w[t] = random.doubles(channels, -1, 1).map(x -> (float) x).toArray();
      }
    }
    return all;
  }

  private static double[][] moved(double[][] window, double[] row) {
    double[][] moved = Arrays.copyOfRange(window, 1, window.length + 1);
    moved[window.length - 1] = row;
    return moved;
  }

  private static OnnxTensor tensor(double[][][] x) {
    float[] flat = new float[x.length * x[0].length * x[0][0].length];
    int i = 0;
    for (double[][] w : x) {
      for (double[] row : w) {
        for (double v : row) {
          flat[i++] = (float) v;
        }
      }
    }
    try {
      return OnnxTensor.createTensor(RUNTIME, FloatBuffer.wrap(flat), new long[] {x.length, x[0].length, x[0][0].length});
    } catch (OrtException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, float[]> run(OrtSession runtime, Map<String, OnnxTensor> inputs, String... outputs) throws OrtException {
    var values = new HashMap<String, float[]>();
    try (var result = runtime.run(inputs)) {
      for (String output : outputs) {
        var buffer = ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
        values.put(output, new float[buffer.remaining()]);
        buffer.get(values.get(output));
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
    return values;
  }

  private static float[] part(float[] all, int i, int n) {
    return Arrays.copyOfRange(all, all.length / n * i, all.length / n * (i + 1));
  }

  private static double[] flat(double[][] x) {
    return Arrays.stream(x).flatMapToDouble(Arrays::stream).toArray();
  }

  private static void assertClose(String what, double[] expected, float[] computed) {
    double scale = Math.max(1, Arrays.stream(expected).map(Math::abs).max().orElseThrow());
    double[] values = new double[computed.length];
    Arrays.setAll(values, i -> computed[i]);
    assertArrayEquals(expected, values, ROUNDING * scale, what);
  }

  private static boolean isEmpty(Path folder) {
    return folder.toFile().list().length == 0;
  }
}
