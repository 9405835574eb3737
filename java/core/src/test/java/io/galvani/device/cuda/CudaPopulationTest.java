package io.galvani.device.cuda;

import static io.galvani.device.cuda.SmallCells.SOMA;
import static io.galvani.device.cuda.SmallCells.V;
import static io.galvani.device.cuda.SmallCells.WATCHED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Events;
import io.galvani.ForkedJvm;
import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Snapshot;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.cable.Stimulus;
import io.galvani.cable.Variation;
import io.galvani.cable.Variation.Mode;
import io.galvani.cell.CellModel;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.NsegRule;
import io.galvani.device.cpu.CpuDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of {@link Population}, held by the direct engine on a GPU. */
@NeedsGpu
class CudaPopulationTest {
  private static Population population(CompiledCell cell, CableOptions options) {
    return CudaDevice.get().population(cell, options);
  }

  private static CudaPopulation population(CompiledCell cell, CableOptions options, CudaStrategy strategy, int log2) {
    return CudaDevice.get().population(cell, options, strategy, log2);
  }

  /** Fires, with a stimulus that differs from cell to cell. */
  private static CableOptions driven(CompiledCell cell, int cells) {
    double[] amp = new double[cells];
    Arrays.setAll(amp, c -> 0.1 + 0.1 * (c % 5));
    return CableOptions.of(cell).cells(cells).stimulus(Stimulus.iClamp(SOMA, 0.2, 50, 0))
        .vary(new Variation("stimulus[0].amp", Mode.SET, amp));
  }

  private static Events events(int cells) {
    var all = new Events();
    for (int c = 0; c < cells; c++) {
      for (double t : new double[] {0, 0.0125, 0.0126, 0.5, 0.5, 0.7, 0.9874, 0.9875, 1, 1.01, 1.0125, 1.3}) {
        all.add(t, c, 0, 5e-4f).add(t, c, 1);
      }
    }
    return all;
  }

  private static String refusal(Executable call) {
    return assertThrows(GalvaniException.class, call).getMessage();
  }

  private static void assertContains(String part, String message) {
    assertTrue(message.contains(part), message);
  }

  // ---- the same whatever the cut -----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"LEVEL, F64", "LEVEL, F32", "STREAM, MIXED", "THREAD, F64", "THREAD, F32"})
  void anIntervalMayBeCutAnywhere(CudaStrategy strategy, Precision precision) {
    var cell = SmallCells.calcium();
    var options = driven(cell, 3).precision(precision);
    try (var whole = population(cell, options, strategy, 1); var cut = population(cell, options, strategy, 1)) {
      var all = new Spikes();
      var pieces = new Spikes();
      var one = whole.record(new Probe(SOMA, "ica"), 3);
      var other = cut.record(new Probe(SOMA, "ica"), 3);
      whole.advance(events(3), 3, all);
      Events queue = events(3);
      for (double until : new double[] {0.025, 0.05, 0.5, 0.525, 0.975, 1, 1, 1.025, 2.15, 3}) {
        cut.advance(queue, until, pieces);
      }
      assertEquals(0, queue.size());
      assertArrayEquals(whole.snapshot().state(), cut.snapshot().state());
      assertArrayEquals(one.drain(), other.drain());
      assertEquals(all.size(), pieces.size());
      for (int i = 0; i < all.size(); i++) {
        assertEquals(all.crossing(i), pieces.crossing(i));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = CudaStrategy.class, names = {"LEVEL", "STREAM"})
  void theCutIntoPacksDoesNotShow(CudaStrategy strategy) {
    var cell = SmallCells.calcium();
    var options = driven(cell, WATCHED ? 5 : 33).precision(Precision.MIXED);
    byte[] expected = null;
    for (int log2 : WATCHED ? new int[] {0, 2} : new int[] {0, 1, 2, 3, 4, 5}) {
      try (var p = population(cell, options, strategy, log2)) {
        p.advance(events(5), WATCHED ? 0.6 : 1.5, new Spikes());
        byte[] state = p.snapshot().state();
        expected = expected == null ? state : expected;
        assertArrayEquals(expected, state, "packs of " + (1 << log2));
      }
    }
  }

  /** Every step kernel that ships. */
  static Stream<Arguments> steps() {
    return Arrays.stream(CudaStrategy.values()).flatMap(s -> Arrays.stream(Precision.values())
        .flatMap(p -> Arrays.stream(Rates.values()).map(r -> Arguments.of(s, p, r))));
  }

  /** Two blocks, the second with a cell too few; each launch has another random schedule of threads and blocks. */
  @ParameterizedTest
  @MethodSource("steps")
  void theScheduleDoesNotShow(CudaStrategy strategy, Precision precision, Rates rates) {
    var cell = SmallCells.calcium();
    var options = driven(cell, 3).precision(precision).rates(rates);
    byte[] expected = null;
    for (int n = 0; n < (WATCHED ? 3 : 20); n++) {
      try (var p = population(cell, options, strategy, 1)) {
        assertEquals(2, p.shape().packs(3));
        p.advance(events(3), 0.6, new Spikes());
        byte[] state = p.snapshot().state();
        expected = expected == null ? state : expected;
        assertArrayEquals(expected, state, "schedule " + n);
      }
    }
  }

  /** Spikes and samples of one launch have bounded room on the device; a long interval is cut. */
  @Test
  void moreSpikesAndSamplesThanOneLaunchHolds() {
    var cell = SmallCells.ball();
    var options = CableOptions.of(cell).cells(WATCHED ? 4 : 40).stimulus(Stimulus.iClamp(SOMA, 0, 1e9, 0.3));
    try (var p = CudaDevice.get().population(cell, options, null, -1); var q = population(cell, options)) {
      p.limitLaunches(4096);
      var v = p.record(V, 1);
      var known = q.record(V, 1);
      var fired = new Spikes();
      var expected = new Spikes();
      p.advance(5, fired);
      q.advance(5, expected);
      assertTrue(fired.size() >= p.cells());
      assertEquals(expected.size(), fired.size());
      assertArrayEquals(known.drain(), v.drain());
    }
  }

  // ---- events ------------------------------------------------------------------------------------------------------

  @Test
  void takesTheEventsThatAreDueAndLeavesLaterOnes() {
    var cell = SmallCells.synaptic().build().compile();
    try (var p = population(cell, CableOptions.of(cell).cells(3))) {
      var events = new Events().add(1, 0, 0).add(0, 1, 1).add(0.9875, 2, 0).add(0.9876, 0, 1).add(2, 2, 0);
      p.advance(events, 1, new Spikes());
      assertEquals(3, events.size());
      byte[] before = p.snapshot().state();
      assertContains("lies before the present", refusal(() -> p.advance(new Events().add(0.98, 0, 0), 2, new Spikes())));
      assertContains("cell 3 does not exist", refusal(() -> p.advance(new Events().add(1.5, 3, 0), 2, new Spikes())));
      assertContains("slot 2 does not exist", refusal(() -> p.advance(new Events().add(1.5, 0, 2), 2, new Spikes())));
      assertContains("is not a multiple of dt", refusal(() -> p.advance(1.01, new Spikes())));
      assertArrayEquals(before, p.snapshot().state());
      p.advance(events, 2, new Spikes());
      assertEquals(1, events.size());
    }
  }

  /** An AlphaSynapse ends within the interval of its event, in the next, and never before the step after it. */
  @ParameterizedTest
  @CsvSource({"0.5", "0.03", "0.001"})
  void anAlphaSynapseEndsAsOnTheCpu(double tau) {
    var cell = SmallCells.synaptic().build().compile().with("dend.AlphaSynapse.tau", tau);
    var options = CableOptions.of(cell);
    try (var cpu = CpuDevice.get().population(cell, options); var gpu = population(cell, options)) {
      for (Population p : List.of(cpu, gpu)) {
        var events = new Events().add(0.503, 0, 0).add(0.51, 0, 0).add(1, 0, 0).add(1.0126, 0, 0).add(2.99, 0, 0);
        for (double until : new double[] {0.5, 0.55, 1, 3, WATCHED ? 4 : 9}) {
          p.advance(events, until, new Spikes());
        }
      }
      assertClose(cpu.snapshot(), gpu.snapshot());
    }
  }

  private static void assertClose(Snapshot expected, Snapshot actual) {
    assertEquals(expected.layout(), actual.layout());
    assertEquals(expected.time(), actual.time());
    var a = ByteBuffer.wrap(expected.state()).order(ByteOrder.LITTLE_ENDIAN);
    var b = ByteBuffer.wrap(actual.state()).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(a.capacity(), b.capacity());
    assertEquals(a.getLong(0), b.getLong(0));
    assertEquals(a.getLong(8), b.getLong(8), "events in flight");
    int doubles = (int) ((a.capacity() - 16 - 32 * a.getLong(8)) / 8);
    for (int i = 0; i < doubles; i++) {
      double x = a.getDouble(16 + 8 * i);
      assertEquals(x, b.getDouble(16 + 8 * i), 1e-9 * Math.max(1, Math.abs(x)), "value " + i);
    }
  }

  // ---- snapshots ---------------------------------------------------------------------------------------------------

  /** What one device saved the other loads and saves again to the bit, and goes on from. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void aSnapshotIsOfTheCellAndNotOfTheDevice(Precision precision) {
    var cell = SmallCells.calcium();
    var options = driven(cell, 3).precision(precision);
    for (CudaStrategy strategy : CudaStrategy.values()) {
      try (var cpu = CpuDevice.get().population(cell, options); var gpu = population(cell, options, strategy, 1)) {
        cpu.advance(events(3), 1.5, new Spikes());  // with events in flight
        Snapshot half = cpu.snapshot();
        gpu.restore(half);
        assertEquals(1.5, gpu.time());
        assertArrayEquals(half.state(), gpu.snapshot().state());
        gpu.advance(2.5, new Spikes());
        cpu.advance(2.5, new Spikes());
        Snapshot whole = gpu.snapshot();
        if (precision == Precision.F64) {
          assertClose(cpu.snapshot(), whole);
        }
        cpu.restore(whole);
        assertArrayEquals(whole.state(), cpu.snapshot().state());
      }
    }
  }

  @Test
  void aSnapshotContinuesBitForBit() {
    var cell = SmallCells.calcium();
    var options = driven(cell, 3).precision(Precision.MIXED);
    try (var first = population(cell, options); var second = population(cell, options)) {
      Snapshot beginning = first.snapshot();
      var queue = events(3);
      first.advance(queue, 1, new Spikes());
      Snapshot middle = first.snapshot();
      second.restore(middle);
      var rest = events(3);
      rest.drop(rest.countUntil(0.9875));
      second.advance(rest, 2, new Spikes());
      first.advance(queue, 2, new Spikes());
      assertArrayEquals(first.snapshot().state(), second.snapshot().state());
      second.restore(beginning);
      assertEquals(0, second.time());
      second.advance(events(3), 1, new Spikes());
      assertArrayEquals(middle.state(), second.snapshot().state());
      assertContains("it is of another population", refusal(() -> second.restore(new Snapshot(middle.layout() + 1, 0, middle.state()))));
      assertContains("snapshot", refusal(() -> second.restore(new Snapshot(middle.layout(), 0, new byte[5]))));
    }
  }

  // ---- recordings --------------------------------------------------------------------------------------------------

  @Test
  void recordsFromNowOnAndGivesEverySampleOnce() {
    var cell = SmallCells.synaptic().build().compile();
    try (var p = population(cell, CableOptions.of(cell).cells(2))) {
      var all = p.record(V, 1);
      var tenths = p.record(V, 4);
      assertEquals(1, tenths.samples());
      p.advance(0.55, new Spikes());
      var late = p.record(new Probe(SOMA, "hh.n"), 20);
      assertEquals(0, late.samples());
      p.advance(1, new Spikes());
      assertEquals(0, tenths.firstSample());
      assertEquals(11, tenths.samples());
      assertEquals(2, late.firstSample());
      assertEquals(1, late.samples());
      double[][] v = all.drain();
      double[][] vTenths = tenths.drain();
      assertEquals(41, v[1].length);
      for (int k = 0; k <= 10; k++) {
        assertEquals(v[1][4 * k], vTenths[1][k]);
      }
      assertEquals(11, tenths.firstSample());
      assertEquals(0, tenths.drain()[0].length);
      assertContains("no such calcium", refusal(() -> p.record(new Probe(SOMA, "cai"), 1)));
      assertContains("Did you mean 'hh.m'?", refusal(() -> p.record(new Probe(SOMA, "hh.mm"), 1)));
    }
  }

  // ---- refusals and failures ---------------------------------------------------------------------------------------

  @Test
  void whatTheGpuDoesNotOfferIsNamedWithItsRemedy() {
    var cell = SmallCells.ball();
    assertContains("usetable", refusal(() -> population(cell.with("soma.usetable", 0.5), CableOptions.of(cell))));
  }

  @Test
  void aVoltageThatIsNoLongerFiniteIsReported() {
    var cell = SmallCells.ball();
    var options = CableOptions.of(cell).cells(3).stimulus(Stimulus.iClamp(SOMA, 0, 10, 0))
        .vary(new Variation("stimulus[0].amp", Mode.SET, new double[] {0, 1e308, 1e308}));
    try (var p = population(cell, options)) {
      assertContains("a voltage of cell 1 is no longer finite at 0.5 ms", refusal(() -> p.advance(0.5, new Spikes())));
      assertEquals(0.5, p.time());
    }
  }

  @Test
  void memoryThatRunsOutIsNamedWithWhatIsFree() {
    var cell = CellModel.builder("long").cylinder("soma", 1e4, 1).nseg("soma", NsegRule.fixed(2001)).insert("soma", "pas", Map.of()).build()
        .compile();
    String message = refusal(() -> population(cell, CableOptions.of(cell).cells(100_000_000)));
    assertTrue(message.matches("cuMemAlloc of buffer of \\d{13} bytes: CUDA_ERROR_OUT_OF_MEMORY. \\d+ of \\d+ MiB of device memory are free. "
        + "Use fewer cells.*"), message);
    try (var p = population(SmallCells.ball(), CableOptions.of(SmallCells.ball()))) {  // and nothing is left behind
      p.advance(1, new Spikes());
    }
  }

  @Test
  void aStrategyThatDoesNotFitIsRefused() {
    var cell = CellModel.builder("long").cylinder("soma", 1e5, 1).nseg("soma", NsegRule.fixed(12001)).insert("soma", "pas", Map.of()).build()
        .compile();
    assertContains("bytes a cell do not fit", refusal(() -> population(cell, CableOptions.of(cell), CudaStrategy.LEVEL, -1)));
    try (var p = population(cell, CableOptions.of(cell), null, -1)) {
      assertEquals(CudaStrategy.THREAD, p.shape().strategy());
    }
  }

  @Test
  void aClosedPopulationSaysSo() {
    var cell = SmallCells.ball();
    var p = population(cell, CableOptions.of(cell));
    var v = p.record(V, 1);
    Snapshot s = p.snapshot();
    p.close();
    p.close();
    for (Executable call : List.<Executable>of(p::time, p::snapshot, () -> p.restore(s), () -> p.record(V, 1), v::samples, v::drain,
        () -> p.advance(new Events(), 1, new Spikes()))) {
      assertContains("The population is closed", refusal(call));
    }
    assertEquals(1, p.cells());
  }

  /** Advances until the device is lost, then goes on from the last snapshot on the CPU. */
  static final class Survivor {
    public static void main(String[] args) {
      var cell = SmallCells.synaptic().build().compile();
      var options = driven(cell, 3);
      try (var gpu = CudaDevice.get().population(cell, options); var cpu = CpuDevice.get().population(cell, options)) {
        Snapshot last = gpu.snapshot();
        try {
          for (int ms = 1; ms < 100; ms++) {
            gpu.advance(ms, new Spikes());
            last = gpu.snapshot();
          }
        } catch (CudaException e) {
          System.out.println("lost " + e.deviceLost() + " " + e.getMessage());
        }
        cpu.restore(last);
        cpu.advance(last.time() + 1, new Spikes());
        System.out.println("went on from " + last.time());
      }
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "galvani.gpu", matches = "emulated", disabledReason = "only the emulated driver loses a device when told")
  void aLostDeviceLeavesTheLastSnapshot() throws Exception {
    var lines = ForkedJvm.start(Survivor.class, Map.of("GALVANI_EMULATOR_LOSE_AFTER", "20")).output().stream()
        .filter(l -> l.matches("(lost|went).*")).toList();
    assertEquals(2, lines.size(), lines::toString);
    assertTrue(lines.getFirst().startsWith("lost true cu") && lines.getFirst().contains("kernel cable_level_f64"), lines.getFirst());
    assertTrue(lines.get(1).matches("went on from [1-9]\\d*\\.0"), lines.get(1));
  }
}
