package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.device.Device;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Plans on a device against {@link RunLoopReference}. */
abstract class SurrogateEngineCases {
  /** Largest error of a prediction, of the largest prediction: rounding, through some steps of feedback. */
  static final Map<SurrogatePrecision, Double> BOUND =
      Map.of(SurrogatePrecision.F64, 1e-12, SurrogatePrecision.F32, 2e-5, SurrogatePrecision.BF16, 6e-2);

  static final Map<String, Network> NETWORKS = Map.ofEntries(
      Map.entry("cnn-lstm", TestNetworks.cnnLstm(12, 6, new int[] {20, 9, 7}, 3, 3, 2)),
      Map.entry("point", TestNetworks.cnnLstm(64, 5, new int[] {128, 100, 50}, 5, 1, 3)),
      Map.entry("linear", TestNetworks.dense(Activation.LINEAR, 64)),
      Map.entry("nonlinear", TestNetworks.dense(Activation.SIGMOID, 64)),
      Map.entry("dnn", TestNetworks.dense(Activation.TANH, 64, 128, 70)),
      Map.entry("wavenet", TestNetworks.waveNet(1, 1, 1)),
      Map.entry("dilated", TestNetworks.waveNet(1, 2, 4)),
      Map.entry("streaming", TestNetworks.streaming()),
      Map.entry("many channels", TestNetworks.manyChannels()),
      Map.entry("everything", TestNetworks.everything()));

  /** What is tested. */
  abstract Device device();

  /** How many of so many steps are taken: few where each takes long. */
  abstract int steps(int steps, int cells, Network network);

  /** Whether a network is tried: not where it takes too long. */
  boolean tries(Network network, SurrogatePrecision precision) {
    return true;
  }

  /** The network that is a window's, whose cells are counted and whose states are saved, beside the streaming one. */
  String some() {
    return "cnn-lstm";
  }

  /** How many random networks are tried. */
  abstract int seeds();

  @ParameterizedTest
  @EnumSource(SurrogatePrecision.class)
  void plansComputeTheNetworks(SurrogatePrecision precision) {
    NETWORKS.entrySet().stream().filter(e -> tries(e.getValue(), precision)).forEach(e -> plan(e.getKey(), e.getValue(), precision));
  }

  private void plan(String name, Network network, SurrogatePrecision precision) {
    agree(name, damped(Surrogate.of(name, network)), SurrogateOptions.DEFAULT.cells(2).precision(precision),
        steps(network.parameters() > 1_000_000 ? 3 : 20, 2, network));
  }

  /** The paper's network for a layer-5 cell, of 5.4 million weights. */
  @ParameterizedTest
  @EnumSource(SurrogatePrecision.class)
  @Tag("long")
  void theNetworkOfALayer5Cell(SurrogatePrecision precision) {
    plan("layer 5", TestNetworks.cnnLstm(64, 201, new int[] {512, 256, 128}, 5, 3, 1), precision);
  }

  /** Blocks, teams and look-ahead share the work out; numbers stay as they are, but for the order of sums. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "1, 2, 8", "2, 3, 5", "7, 2, 8", "8, 2, 100", "33, 1, 8", "65, 2, 3"})
  void anyNumberOfCells(int cells, int threads, int lookAhead) {
    for (String name : List.of(some(), "streaming")) {
      var s = damped(Surrogate.of(name, NETWORKS.get(name)));
      var o = SurrogateOptions.DEFAULT.cells(cells).threads(threads).lookAhead(lookAhead);
      agree(name, s, o.precision(SurrogatePrecision.F64), steps(25, cells, s.network()));
      agree(name, s, o, steps(25, cells, s.network()));
    }
  }

  /** Any stack of layers: what can be reused is, and nothing else. */
  @Test
  void anyStackOfLayers() {
    for (int seed = 0; seed < seeds(); seed++) {
      var network = RandomNetworks.of(seed);
      var s = Surrogate.of("seed " + seed, network);
      agree("seed " + seed, damped(s), SurrogateOptions.DEFAULT.cells(2).lookAhead(1 + seed % 5).precision(SurrogatePrecision.F64),
          steps(2 * network.window() + 3, 2, network));
    }
  }

  @Test
  void eachRepeat() {
    var network = NETWORKS.get(some());
    var random = new Random(3);
    double[][][] windows = windows(network, 5, random);
    try (var engine = device().engine(Plan.ofEachRepeat(network), List.of(), SurrogateOptions.DEFAULT.cells(5).precision(SurrogatePrecision.F64))) {
      engine.start(Arrays.stream(windows).map(RunLoopReference::flat).toList());
      double[] recorded = new double[5 * 3 * 2];
      engine.advance(1, SurrogateEngine.Inputs.NONE, recorded);
      double[] expected = Arrays.stream(windows).flatMap(w -> Arrays.stream(KerasReference.predict(network, w))).flatMapToDouble(Arrays::stream)
          .toArray();
      assertClose("each repeat", expected, recorded, 1e-12);
    }
  }

  @Test
  void statesContinueToTheBit() {
    continuesToTheBit(some(), SurrogatePrecision.F32);
    for (var precision : SurrogatePrecision.values()) {
      continuesToTheBit("streaming", precision);
    }
  }

  private void continuesToTheBit(String name, SurrogatePrecision precision) {
    var s = damped(Surrogate.of(name, NETWORKS.get(name)));
    var o = SurrogateOptions.DEFAULT.cells(3).precision(precision);
    var plan = Plan.of(s.network());
    try (var a = device().engine(plan, s.outputs(), o); var b = device().engine(plan, s.outputs(), o.threads(2))) {
      var windows = Arrays.stream(windows(s.network(), 3, new Random(1))).map(RunLoopReference::flat).toList();
      a.start(windows);
      double[] first = new double[13 * 3 * 2];
      a.advance(13, SurrogateEngine.Inputs.NONE, first);
      byte[] state = a.save();
      b.load(state);
      assertEquals(13, b.steps());
      double[] x = new double[20 * 3 * 2];
      double[] y = x.clone();
      a.advance(20, SurrogateEngine.Inputs.NONE, x);
      b.advance(20, SurrogateEngine.Inputs.NONE, y);
      assertEquals(-1, Arrays.mismatch(x, y));
      assertEquals(-1, Arrays.mismatch(a.save(), b.save()));
    }
  }

  /** What layers keep is 0 at each start, not only at the first. */
  @Test
  void startsAnew() {
    var s = damped(Surrogate.of("streaming", NETWORKS.get("streaming")));
    try (var engine = device().engine(Plan.of(s.network()), s.outputs(), SurrogateOptions.DEFAULT.cells(3))) {
      var windows = Arrays.stream(windows(s.network(), 3, new Random(1))).map(RunLoopReference::flat).toList();
      double[] first = new double[5 * 3 * 2];
      double[] goesOn = first.clone();
      double[] again = first.clone();
      engine.start(windows);
      engine.advance(5, SurrogateEngine.Inputs.NONE, first);
      engine.advance(5, SurrogateEngine.Inputs.NONE, goesOn);
      engine.start(windows);
      engine.advance(5, SurrogateEngine.Inputs.NONE, again);
      assertEquals(-1, Arrays.mismatch(first, again));
      assertTrue(Arrays.mismatch(first, goesOn) >= 0);
    }
  }

  /** Feeds little back: weights from a seed amplify. */
  static Surrogate damped(Surrogate s) {
    var outputs = s.outputs().stream().map(o -> new Output(o.name(), o.unit(), o.normalisation(), o.channel(), new Output.Affine(0.9, 0.01),
        o.channel() == Output.NO_CHANNEL ? Output.Affine.NONE : new Output.Affine(0.01, 0.2), new Output.Gain(1, -0.5, 0.9))).toList();
    return new Surrogate(s.name(), "", 1, s.network(), s.channels(), outputs, s.slots(), s.spikes(), s.provenance());
  }

  // ---- both sides --------------------------------------------------------------------------------------------------

  static double[][][] windows(Network network, int cells, Random random) {
    return IntStream.range(0, cells).mapToObj(c -> IntStream.range(0, network.window())
        .mapToObj(t -> random.doubles(network.channels()).map(x -> x > 0.3 ? x : 0).toArray()).toArray(double[][]::new)).toArray(double[][][]::new);
  }

  /** Inputs of a run: some numbers for channels that nothing is fed back to. */
  private static SurrogateEngine.Inputs inputs(Surrogate s, int cells, int steps, Random random) {
    int free = s.channels().size() - s.outputs().size();
    int n = free <= 0 ? 0 : cells * steps / 2;
    var in = new SurrogateEngine.Inputs(n, new long[n], new int[n], new int[n], new double[n]);
    for (int i = 0; i < n; i++) {
      in.step()[i] = (long) i * steps / n;
      in.cell()[i] = random.nextInt(cells);
      in.channel()[i] = s.outputs().size() + random.nextInt(free);
      in.value()[i] = random.nextDouble();
    }
    return in;
  }

  double[] run(Surrogate s, SurrogateOptions options, int steps, Random random) {
    return run(device()::engine, s, options, steps, random);
  }

  /** Makes engines: {@link Device#engine}. */
  @FunctionalInterface
  interface Engines {
    SurrogateEngine engine(Plan plan, List<Output> outputs, SurrogateOptions options);
  }

  static double[] run(Engines engines, Surrogate s, SurrogateOptions options, int steps, Random random) {
    var windows = windows(s.network(), options.cells(), random);
    var in = inputs(s, options.cells(), steps, random);
    double[] recorded = new double[steps * options.cells() * s.outputs().size()];
    try (var engine = engines.engine(Plan.of(s.network()), s.outputs(), options)) {
      engine.start(Arrays.stream(windows).map(RunLoopReference::flat).toList());
      engine.advance(steps, in, recorded);
    }
    return recorded;
  }

  void agree(String name, Surrogate s, SurrogateOptions options, int steps) {
    double[] recorded = run(s, options, steps, new Random(7));
    var random = new Random(7);
    var windows = windows(s.network(), options.cells(), random);
    var in = inputs(s, options.cells(), steps, random);
    int outputs = s.outputs().size();
    double[] expected = new double[recorded.length];
    for (int c = 0; c < options.cells(); c++) {
      var reference = new RunLoopReference(s, windows[c]);
      for (int step = 0; step < steps; step++) {
        for (int i = 0; i < in.count(); i++) {
          if (in.step()[i] == step && in.cell()[i] == c) {
            reference.add(in.channel()[i], in.value()[i]);
          }
        }
        System.arraycopy(reference.step(), 0, expected, (step * options.cells() + c) * outputs, outputs);
      }
    }
    assertClose(name + " " + options.precision(), expected, recorded, BOUND.get(options.precision()));
  }

  static void assertClose(String what, double[] expected, double[] computed, double bound) {
    double scale = Math.max(1e-9, Arrays.stream(expected).map(Math::abs).max().orElse(0));
    for (int i = 0; i < expected.length; i++) {
      assertTrue(Math.abs(expected[i] - computed[i]) <= bound * scale,
          what + ": number " + i + " is " + computed[i] + ", expected " + expected[i] + ", scale " + scale);
    }
  }
}
