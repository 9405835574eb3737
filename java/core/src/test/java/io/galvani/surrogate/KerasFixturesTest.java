package io.galvani.surrogate;

import static io.galvani.surrogate.KerasFixtures.arrays;
import static io.galvani.surrogate.KerasFixtures.element;
import static io.galvani.surrogate.KerasFixtures.manifest;
import static io.galvani.surrogate.KerasFixtures.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.galvani.InputException;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.trace.Npy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of Keras, imported and computed by {@link KerasReference}, against outputs that were computed elsewhere, in float64 too. */
class KerasFixturesTest {
  /** Both sides sum float64, in another order. */
  private static final double ROUNDING = 1e-12;

  @TempDir Path dir;

  /** The layers of the paper's point-cell files, which have weights alone. */
  private static final Map<String, String> LAYERS = Map.of(
      "ball_act_linear", """
        - {type: Flatten}
        - {type: Dense, name: dense}
        - {type: Dense, name: dense_1}
      """,
      "ball_act_nonlinear", """
        - {type: Flatten}
        - {type: Dense, name: dense_2, units: 64, activation: sigmoid}
        - {type: Dense, name: dense_3, units: 3}
      """,
      "ball_act_wavenet", """
        - {type: Conv1D, name: layer_1, activation: relu, kernel_size: 5, filters: 64, padding: causal}
        - {type: BatchNormalization, name: layer_1_BN}
        - {type: Conv1D, name: layer_2, activation: relu}
        - {type: BatchNormalization, name: layer_2_BN}
        - {type: Conv1D, name: layer_3, activation: relu}
        - {type: BatchNormalization, name: layer_3_BN, epsilon: 1e-3, axis: -1}
        - {type: Conv1D, name: somatic}
        - {type: Flatten}
        - {type: Dense, name: dense}
      """);

  private static final String POINT_CELL = """
      name: ball
      sample: 1
      window: 64
      channels:
        - {name: v, unit: mV, offset: -76.7385, scale: 116.8503}
        - {name: ik, unit: mA/cm2, knee: 0.05, compression: 75, offset: -3.15846e-5, scale: 0.0606687066667}
        - {name: ina, unit: mA/cm2, factor: -1, knee: 0.1, compression: 190, offset: 6.1946e-6, scale: 0.104076784210526}
        - {name: exc, unit: uS}
        - {name: inh, unit: uS}
      layers:
      """;

  @Test
  void pointCells() throws IOException {
    int judged = 0;
    for (var f : manifest("manifest.json").get("fixtures")) {
      String model = f.get("model").asText();
      String layers = LAYERS.get(model.replace(".h5", ""));
      if (layers != null) {
        Path description = Files.writeString(dir.resolve("d.yaml"), POINT_CELL + layers);
        var s = KerasFile.read(path(model), description);
        judge(f.get("name").asText(), s.network(), path(f.get("input").asText()), path(f.get("expected").asText()));
        assertEquals(model.contains("wavenet") ? 43_780 : 20_739, s.network().parameters());
        judged++;
      }
    }
    assertEquals(6, judged);
  }

  @Test
  void modelsWithTheirConfiguration() throws IOException {
    int judged = 0;
    for (var f : manifest("manifest.json").get("fixtures")) {
      String model = f.get("model").asText();
      if (model.startsWith("benchmarking/")) {
        judge(f.get("name").asText(), KerasFile.read(path(model)).network(), path(f.get("input").asText()), path(f.get("expected").asText()));
        judged++;
      }
    }
    assertEquals(4, judged);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mini_cnnlstm_ball", "mini_cnnlstm_l5", "full_cnnlstm_ball"})
  void cnnLstmLayerByLayer(String name) throws IOException {
    var network = KerasFile.read(path("synthetic/" + name + ".model.h5")).network();
    judge(name, network, path("synthetic/" + name + ".input.npy"), path("synthetic/" + name + ".expected.npy"));
    var means = Npy.read(path("synthetic/" + name + ".expected_mean.npy"));
    var input = Npy.read(path("synthetic/" + name + ".input.npy"));
    var layers = arrays(path("synthetic/" + name + ".layers.npz"));
    for (int n = 0; n < input.rows(); n++) {
      var computed = KerasReference.layerByLayer(network, element(input, n));
      assertArrayEquals(means.row(n), KerasReference.mean(computed.getLast()), ROUNDING * 10);
      for (int i = 0; i < computed.size(); i++) {
        var known = layers.get(network.layers().get(i).name());
        if (known != null) {
          assertClose(name + " " + network.layers().get(i).name(), element(known, n), computed.get(i));
        }
      }
    }
    assertTrue(layers.keySet().stream().allMatch(l -> network.layers().stream().anyMatch(layer -> layer.name().equals(l))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mini_cnnlstm_ball", "mini_cnnlstm_l5", "full_cnnlstm_ball"})
  void weightsAloneAreTheSameNetwork(String name) throws IOException {
    var whole = KerasFile.read(path("synthetic/" + name + ".model.h5"));
    Path description = Files.writeString(dir.resolve("d.json"), DescriptionWriter.write(whole));
    assertEquals(whole, KerasFile.read(path("synthetic/" + name + ".weights.h5"), description));
    SurrogateFile.write(dir.resolve("s.safetensors"), whole);
    assertEquals(whole, SurrogateFile.read(dir.resolve("s.safetensors")));
  }

  /** Closed loop: the mean is corrected and fed back, the events are those of the row that it becomes. */
  @ParameterizedTest
  @ValueSource(strings = {"mini_cnnlstm_ball", "mini_cnnlstm_l5"})
  void rollouts(String name) throws IOException {
    var spec = rollout(name);
    var plain = KerasFile.read(path("synthetic/" + name + ".model.h5"));
    var outputs = corrected(plain, spec);
    var arrays = arrays(path("synthetic/" + spec.get("file").asText()));
    int states = spec.get("state_channels").asInt();
    for (int n = 0; n < spec.get("N").asInt(); n++) {
      double[][] window = element(arrays.get("window0"), n);
      double[][] events = element(arrays.get("events"), n);
      double[][] expected = element(arrays.get("expected"), n);
      for (int step = 0; step < expected.length; step++) {
        double[] y = KerasReference.mean(KerasReference.predict(plain.network(), window));
        assertArrayEquals(expected[step], y, 1e-9, name + " step " + step);
        double[] row = new double[window[0].length];
        for (int o = 0; o < outputs.size(); o++) {
          row[outputs.get(o).channel()] = outputs.get(o).fedBack(outputs.get(o).recorded(y[o], step));
        }
        System.arraycopy(events[step], 0, row, states, events[step].length);
        window = Arrays.copyOfRange(window, 1, window.length + 1);
        window[window.length - 1] = row;
      }
    }
  }

  /** The same runs by the engine: all cells at once. */
  @ParameterizedTest
  @ValueSource(strings = {"mini_cnnlstm_ball", "mini_cnnlstm_l5"})
  void rolloutsOfTheEngine(String name) throws IOException {
    var spec = rollout(name);
    var plain = KerasFile.read(path("synthetic/" + name + ".model.h5"));
    var outputs = corrected(plain, spec);
    var arrays = arrays(path("synthetic/" + spec.get("file").asText()));
    int cells = spec.get("N").asInt();
    int states = spec.get("state_channels").asInt();
    Npy events = arrays.get("events");
    int free = events.shape()[2];
    int steps = events.shape()[1];
    int n = cells * (steps - 1) * free;
    var in = new SurrogateEngine.Inputs(n, new long[n], new int[n], new int[n], new double[n]);
    for (int i = 0; i < n; i++) {  // row k stands beside the sample that prediction k leads to
      in.step()[i] = i / (cells * free) + 1;
      in.cell()[i] = i / free % cells;
      in.channel()[i] = states + i % free;
      in.value()[i] = events.values()[(in.cell()[i] * steps + (int) in.step()[i] - 1) * free + i % free];
    }
    double[] recorded = new double[steps * cells * outputs.size()];
    var options = SurrogateOptions.DEFAULT.cells(cells).precision(SurrogatePrecision.F64);
    try (var engine = CpuDevice.get().engine(Plan.of(plain.network()), outputs, options)) {
      engine.start(IntStream.range(0, cells).mapToObj(c -> arrays.get("window0").row(c)).toList());
      engine.advance(steps, in, recorded);
    }
    for (int k = 0; k < steps; k++) {
      for (int c = 0; c < cells; c++) {
        double[] y = Arrays.copyOfRange(recorded, (k * cells + c) * outputs.size(), (k * cells + c + 1) * outputs.size());
        assertArrayEquals(element(arrays.get("expected"), c)[k], y, 1e-9, name + " cell " + c + " step " + k);
      }
    }
  }

  /** Files of Keras by the engine, each prediction. */
  @ParameterizedTest
  @ValueSource(strings = {"mini_cnnlstm_ball", "mini_cnnlstm_l5", "full_cnnlstm_ball"})
  void predictionsOfTheEngine(String name) throws IOException {
    var network = KerasFile.read(path("synthetic/" + name + ".model.h5")).network();
    var input = Npy.read(path("synthetic/" + name + ".input.npy"));
    var expected = Npy.read(path("synthetic/" + name + ".expected.npy"));
    double scale = Arrays.stream(expected.values()).map(Math::abs).max().orElse(1);
    Map.of(SurrogatePrecision.F64, 1e-13, SurrogatePrecision.F32, 1e-5, SurrogatePrecision.BF16, 0.1).forEach((precision, bound) -> {
      double[] y = new double[expected.values().length];
      try (var engine = CpuDevice.get().engine(Plan.ofEachRepeat(network), List.of(),
          SurrogateOptions.DEFAULT.cells(input.rows()).precision(precision))) {
        engine.start(IntStream.range(0, input.rows()).mapToObj(input::row).toList());
        engine.advance(1, SurrogateEngine.Inputs.NONE, y);
      }
      assertArrayEquals(expected.values(), y, bound * scale, name + " " + precision);
    });
  }

  private static JsonNode rollout(String name) throws IOException {
    return manifest("synthetic/manifest.json").get("rollouts").valueStream().filter(r -> r.get("name").asText().equals(name)).findFirst()
        .orElseThrow();
  }

  private static List<Output> corrected(Surrogate plain, JsonNode spec) {
    var affine = new Output.Affine(spec.get("a").asDouble(), spec.get("b").asDouble());
    return plain.outputs().stream().map(o -> new Output(o.name(), o.unit(), o.normalisation(), o.channel(), Output.Affine.NONE, affine,
        Output.Gain.NONE)).toList();
  }

  @Test
  void weightsWithoutTheirLayersAreRefused() throws IOException {
    var weights = path("ball_act_linear.h5");
    for (var bad : List.of(
        List.of("  - {type: Flatten}\n  - {type: Dense, name: dense_1}\n  - {type: Dense, name: dense}\n",
            "layer 'dense_1' (Dense): is given [320] where it takes [64]"),
        List.of("  - {type: Flatten}\n  - {type: Dense, name: dense}\n", "dense_1/kernel: no layer takes these weights"),
        List.of("  - {type: Flatten}\n  - {type: Dense, name: dense_2}\n", "has no weights", "Did you mean 'dense_1'?"),
        List.of("  - {type: Flatten}\n  - {type: Dense, name: dense, units: 63}\n", "units = 63, and the weights have float32 [320, 64]"),
        List.of("  - {type: Flatten}\n  - {type: Conv1D, name: dense}\n", "kernel has shape [320, 64] where [any, any, any] is wanted"))) {
      Path description = Files.writeString(dir.resolve("d.yaml"), POINT_CELL + bad.getFirst());
      var e = assertThrows(InputException.class, () -> KerasFile.read(weights, description));
      for (String says : bad.subList(1, bad.size())) {
        assertTrue(e.getMessage().contains(says), e.getMessage());
      }
    }
  }

  private static void judge(String name, Network network, Path inputs, Path expected) {
    var input = Npy.read(inputs);
    var known = Npy.read(expected);
    for (int n = 0; n < input.rows(); n++) {
      assertClose(name + " " + n, element(known, n), KerasReference.predict(network, element(input, n)));
    }
  }

  private static void assertClose(String what, double[][] expected, double[][] computed) {
    assertEquals(expected.length, computed.length, what);
    double scale = Math.max(1, Arrays.stream(expected).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElse(0));
    for (int t = 0; t < expected.length; t++) {
      assertArrayEquals(expected[t], computed[t], ROUNDING * scale, what + " step " + t);
    }
  }
}
