package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.galvani.GalvaniException;
import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.device.cuda.Gemm;
import io.galvani.device.cuda.NeedsGpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The surrogate engine on a GPU. */
@NeedsGpu
class CudaSurrogateEngineTest extends SurrogateEngineCases {
  private static final boolean SLOW = NeedsGpu.WATCHED || NeedsGpu.SANITIZED;

  @Override
  Device device() {
    return CudaDevice.get();
  }

  @Override
  int steps(int steps, int cells, Network network) {
    return SLOW ? Math.min(steps, 3) : network.parameters() > 50_000 ? Math.min(steps, cells > 8 ? 4 : 9) : steps;
  }

  /** Where that takes long: those whose first window is not long, or goes through no convolution. */
  @Override
  boolean tries(Network network, SurrogatePrecision precision) {
    boolean slow = SLOW || precision == SurrogatePrecision.BF16;  // products by warps are emulated slowly
    return !slow || (NeedsGpu.INTERPRETED || network.parameters() < 50_000)
        && (network.window() < 20 || Plan.of(network).columns().isEmpty());
  }

  @Override
  String some() {
    return SLOW ? "everything" : super.some();
  }

  @Override
  int seeds() {
    return SLOW ? 12 : 40;
  }

  @Test
  void float64IsThatOfTheCpu() {
    var s = damped(Surrogate.of("everything", NETWORKS.get("everything")));
    var o = SurrogateOptions.DEFAULT.cells(3).precision(SurrogatePrecision.F64);
    int steps = steps(40, 3, s.network());
    double[] expected = run(CpuDevice.get()::engine, s, o, steps, new Random(5));
    assertClose("GPU and CPU", expected, run(device()::engine, s, o, steps, new Random(5)), 1e-12);
  }

  /** TF32 keeps three digits of what is multiplied. */
  @Test
  void tensorCoresTakeFloat32IfAsked() {
    var s = damped(Surrogate.of(some(), NETWORKS.get(some())));
    var o = SurrogateOptions.DEFAULT.cells(3);
    int steps = steps(10, 3, s.network());
    double[] rounded = run(by(Gemm.MMA), s, o, steps, new Random(5));
    double[] exact = run(CpuDevice.get()::engine, s, o, steps, new Random(5));
    assertClose("TF32", exact, rounded, 5e-3);
    assertTrue(IntStream.range(0, exact.length).anyMatch(i -> Math.abs(rounded[i] - exact[i]) > 1e-5 * Math.abs(exact[i])),
        "as exact as float32?");
    assertRefused("mma does not multiply F64", () -> run(by(Gemm.MMA), s, o.precision(SurrogatePrecision.F64), 1, new Random(5)));
  }

  /** Tensor cores or not: products of bfloat16 are exact in float32, only the order of sums differs. */
  @Test
  void bfloat16IsTheSameWithoutTensorCores() {
    var s = damped(Surrogate.of(some(), NETWORKS.get(some())));
    var o = SurrogateOptions.DEFAULT.cells(3).precision(SurrogatePrecision.BF16);
    int steps = steps(10, 3, s.network());
    double[] expected = run(by(Gemm.KERNEL), s, o, steps, new Random(5));
    assertClose("BF16", expected, run(device()::engine, s, o, steps, new Random(5)), BOUND.get(o.precision()));
  }

  /** What a cell does depends on nothing that other cells do, nor on how many there are: to the bit. */
  @ParameterizedTest
  @EnumSource(SurrogatePrecision.class)
  void aCellIsComputedAloneAsAmongOthers(SurrogatePrecision precision) {
    isComputedAloneAsAmongOthers(Surrogate.of(some(), NETWORKS.get(some())), precision);
    isComputedAloneAsAmongOthers(Surrogate.of("streaming", NETWORKS.get("streaming")), precision);
  }

  private void isComputedAloneAsAmongOthers(Surrogate s, SurrogatePrecision precision) {
    var o = SurrogateOptions.DEFAULT.precision(precision);
    int cells = 70;
    var windows = Arrays.stream(windows(s.network(), cells, new Random(3))).map(RunLoopReference::flat).toList();
    double[] one = run(s, o.cells(1), windows.subList(cells - 1, cells));
    double[] many = run(s, o.cells(cells), windows);
    for (int step = 0; step < 3; step++) {
      assertArrayEquals(Arrays.copyOfRange(one, 2 * step, 2 * step + 2),
          Arrays.copyOfRange(many, 2 * (step * cells + cells - 1), 2 * (step + 1) * cells));
    }
  }

  static Engines by(Gemm gemm) {
    return (plan, outputs, options) -> CudaDevice.get().engine(plan, outputs, options, gemm);
  }

  /** More LSTMs than one launch takes, and more cells than multiprocessors have blocks of few. */
  @Test
  void manyLstmsAndManyCells() {
    var random = new Random(1);
    var layers = new ArrayList<Layer>();
    for (int i = 0; i < 6; i++) {
      layers.add(lstm(random, "lstm" + i, 2 + i, 3 + i));
    }
    var s = damped(Surrogate.of("lstms", Network.of("lstms", 4, 2, layers)));
    agree("lstms", s, SurrogateOptions.DEFAULT.cells(3).precision(SurrogatePrecision.F64), 3);
    assumeFalse(SLOW, "many cells take long");
    agree("lstms", s, SurrogateOptions.DEFAULT.cells(16 * Cuda.gpu(0).multiprocessors() + 5), 2);
  }

  /** Where a block's shared memory has room for the h and c of one cell only. */
  @Test
  void anLstmOfManyUnits() {
    assumeFalse(SLOW, "many units take long");
    int units = Cuda.gpu(0).sharedMemory() / (3 * 8 * Double.BYTES) + 10;
    var random = new Random(2);
    var head = new Layer.Dense("head", TestNetworks.weights(random, units, 1), TestNetworks.weights(random, 1), Activation.LINEAR);
    var s = damped(Surrogate.of("large", Network.of("large", 2, 1, List.of(lstm(random, "lstm", 1, units), head))));
    agree("large", s, SurrogateOptions.DEFAULT.cells(2).precision(SurrogatePrecision.F64), 1);
  }

  /** Likewise of memories, whose x and hidden layer lie there too. */
  @Test
  void anElmOfManyMemories() {
    int room = Cuda.gpu(0).sharedMemory() / Double.BYTES;
    var s = damped(elm(room / 8));
    agree("memories", s, SurrogateOptions.DEFAULT.cells(2).precision(SurrogatePrecision.F64), 2);
    assertRefused("layer 'elm': an ELM of " + room + " memories does not fit the shared memory of a block",
        () -> run(elm(room), SurrogateOptions.DEFAULT.precision(SurrogatePrecision.F64), 1, new Random(1)));
  }

  private static Surrogate elm(int memories) {
    var random = new Random(3);
    return Surrogate.of("memories", Network.of("memories", 1, 1, List.of(new Layer.Newest("newest"),
        new Layer.ELM("elm", TestNetworks.weights(random, 1, 2), TestNetworks.weights(random, memories, 2), TestNetworks.weights(random, 2),
            TestNetworks.weights(random, 2, memories), TestNetworks.weights(random, memories), TestNetworks.decay(random, memories),
            TestNetworks.weights(random, memories)),
        new Layer.Dense("head", TestNetworks.weights(random, memories, 1), TestNetworks.weights(random, 1), Activation.LINEAR))));
  }

  private static Layer lstm(Random random, String name, int in, int units) {
    return new Layer.LSTM(name, TestNetworks.weights(random, in, 4 * units), TestNetworks.weights(random, units, 4 * units),
        TestNetworks.weights(random, 4 * units), true);
  }

  private double[] run(Surrogate s, SurrogateOptions o, List<double[]> windows) {
    double[] recorded = new double[3 * o.cells() * s.outputs().size()];
    try (var engine = device().engine(Plan.of(s.network()), s.outputs(), o)) {
      engine.start(windows);
      engine.advance(3, SurrogateEngine.Inputs.NONE, recorded);
    }
    return recorded;
  }

  @Test
  void coincidentEventsAddUpOrTheLastCounts() {
    var second = new Layer.Dense("second", Tensor.of(new float[] {0, 1}, 2, 1), Tensor.of(new float[1], 1), Activation.LINEAR);
    var s = Surrogate.of("linear", Network.of("linear", 1, 2, List.of(second)));
    var in = new SurrogateEngine.Inputs(5, new long[] {0, 1, 1, 1, 1}, new int[] {0, 1, 0, 1, 1}, new int[] {1, 1, 1, 0, 1},
        new double[] {0.5, 0.25, 8, 16, 2});
    for (boolean overwrites : new boolean[] {false, true}) {
      double[] recorded = new double[4];
      try (var engine = device().engine(Plan.of(s.network()), s.outputs(), SurrogateOptions.DEFAULT.cells(2).overwrites(overwrites))) {
        engine.start(List.of(new double[] {0, 0.125}));
        engine.advance(2, in, recorded);
      }
      assertArrayEquals(new double[] {overwrites ? 0.5 : 0.625, 0.125, 8, overwrites ? 2 : 2.25}, recorded);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    var s = Surrogate.of("everything", NETWORKS.get("everything"));
    try (var engine = device().engine(Plan.of(s.network()), s.outputs(), SurrogateOptions.DEFAULT.cells(2));
        var cpu = CpuDevice.get().engine(Plan.of(s.network()), s.outputs(), SurrogateOptions.DEFAULT.cells(2))) {
      engine.start(List.of(new double[6 * 4]));
      cpu.start(List.of(new double[6 * 4]));
      assertTrue(engine.memory() > 2 * 6 * 5 * 4, "two windows of columns and more");
      assertRefused("event 0 is for step 0, cell 2, channel 0, and there are 1, 2 and 4",
          () -> engine.advance(1, new SurrogateEngine.Inputs(1, new long[1], new int[] {2}, new int[1], new double[1]), new double[4]));
      assertRefused("the state is of another population", () -> engine.load(cpu.save()));
      assertRefused("the state is of another population", () -> cpu.load(engine.save()));
      assertRefused("Give one, or one a cell", () -> engine.start(List.of(new double[24], new double[24], new double[24])));
      engine.start(List.of(new double[24], nan()));
      assertRefused("the prediction of cell 1 is no longer finite, 1 samples after the start",
          () -> engine.advance(2, SurrogateEngine.Inputs.NONE, new double[8]));
      assertEquals(2, engine.steps());
    }
  }

  @Test
  void refusesWhenClosed() {
    var s = Surrogate.of("everything", NETWORKS.get("everything"));
    var engine = device().engine(Plan.of(s.network()), s.outputs(), SurrogateOptions.DEFAULT);
    engine.close();
    engine.close();
    assertRefused("The surrogates are closed", engine::steps);
  }

  private static double[] nan() {
    double[] window = new double[24];
    Arrays.fill(window, Double.NaN);
    return window;
  }

  private static void assertRefused(String part, Runnable call) {
    var e = assertThrows(GalvaniException.class, call::run);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
