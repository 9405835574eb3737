package io.galvani.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Snapshot;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.cable.Stimulus;
import io.galvani.cable.Variation;
import io.galvani.cable.Variation.Mode;
import io.galvani.cell.CellModel;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.NsegRule;
import io.galvani.cell.SlotSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of {@link Population}, held by the direct engine on the CPU. */
class CpuPopulationTest {
  private static final Location SOMA = new Location("soma", 0.5);
  private static final Probe V = new Probe(SOMA, "v");

  /** A spiking soma with a passive dendrite; slots: exc on the dendrite, inh on the soma. */
  private static CellModel.Builder cell() {
    return CellModel.builder("cell").cylinder("soma", 20, 20).cylinder("dend", 200, 2, new Location("soma", 1))
        .nseg("dend", NsegRule.fixed(9)).Ra("all", 150).insert("soma", "hh", Map.of()).insert("dend", "pas", Map.of("g", 1e-4, "e", -65.0))
        .slot(new SlotSpec("exc", new Location("dend", 0.7), "AlphaSynapse", Map.of("tau", 2.0), 0.004))
        .slot(new SlotSpec("inh", SOMA, "Exp2Syn", Map.of("e", -80.0), 0.002));
  }

  private static CompiledCell compiled() {
    return cell().build().compile();
  }

  private static Population population(CompiledCell cell, CableOptions options) {
    return CpuDevice.get().population(cell, options);
  }

  private static Population population(int cells) {
    var cell = compiled();
    return population(cell, CableOptions.of(cell).cells(cells));
  }

  private static String refusal(Executable call) {
    return assertThrows(InputException.class, call).getMessage();
  }

  private static void assertContains(String part, String message) {
    assertTrue(message.contains(part), message);
  }

  // ---- time and events ---------------------------------------------------------------------------------------------

  @Test
  void timeStaysOnTheGrid() {
    try (var p = population(2)) {
      assertEquals(0.025, p.step());
      p.advance(0.1 + 0.2, new Spikes());
      assertEquals(12 * 0.025, p.time());
      p.advance(p.time(), new Spikes());
      for (double off : new double[] {0.31, 0.3251, Double.NaN, Double.POSITIVE_INFINITY, 1e300}) {
        assertContains("is not a multiple of dt", refusal(() -> p.advance(off, new Spikes())));
      }
      assertContains("before the present", refusal(() -> p.advance(0.275, new Spikes())));
      assertContains("before the present", refusal(() -> p.advance(-1, new Spikes())));
      assertEquals(12 * 0.025, p.time());
    }
  }

  @Test
  void takesTheEventsThatAreDueAndLeavesLaterOnes() {
    try (var p = population(3)) {
      var events = new Events().add(1, 0, 0).add(0, 1, 1).add(0.9875, 2, 0).add(0.9876, 0, 1).add(2, 2, 0);
      p.advance(events, 1, new Spikes());
      assertEquals(3, events.size());
      assertEquals(0.9876, events.time(0));
      p.advance(events, 2, new Spikes());
      assertEquals(1, events.size());
      assertEquals(2, events.time(0));
    }
  }

  @Test
  void refusedEventsLeaveEverythingAsItWas() {
    try (var p = population(3)) {
      p.advance(1, new Spikes());
      byte[] before = p.snapshot().state();
      record Refused(Events events, String message) {}
      for (var r : List.of(
          new Refused(new Events().add(0.98, 0, 0).add(1.5, 0, 0), "lies before the present"),
          new Refused(new Events().add(0.9875, 0, 0), "lies before the present"),
          new Refused(new Events().add(1.5, 0, 0).add(1.6, 3, 0), "cell 3 does not exist"),
          new Refused(new Events().add(1.5, -1, 0).add(1.6, 0, 0), "cell -1 does not exist"),
          new Refused(new Events().add(1.5, 0, 0).add(1.6, 0, 2), "slot 2 does not exist"),
          new Refused(new Events().add(1.5, 0, -1), "slot -1 does not exist"))) {
        int waiting = r.events.size();
        assertContains(r.message, refusal(() -> p.advance(r.events, 2, new Spikes())));
        assertEquals(waiting, r.events.size());
        assertEquals(1, p.time());
        assertArrayEquals(before, p.snapshot().state());
      }
      p.advance(new Events().add(2, 99, 99), 2, new Spikes()); // not due, not looked at
      assertEquals(2, p.time());
    }
  }

  @Test
  void coincidentEventsAddAndTheDefaultWeightIsTheSlots() {
    double[] once = vAfter(new Events().add(1, 0, 0, 0.008f));
    double[] twice = vAfter(new Events().add(1, 0, 0).add(1, 0, 0));
    assertNotEquals(once[200], vAfter(new Events())[200]);
    for (int k = 0; k < once.length; k++) {
      assertEquals(once[k], twice[k], 1e-5); // the weight of an event is a float
    }
  }

  private static double[] vAfter(Events events) {
    try (var p = population(1)) {
      var v = p.record(V, 1);
      p.advance(events, 10, new Spikes());
      return v.drain()[0];
    }
  }

  @Test
  void spikesAreAppendedInOrderOfTimeCellSource() {
    var cell = cell().spikes(SOMA, 0).spikes(new Location("dend", 0.9), -50).build().compile();
    var amp = new double[] {0.6, 0.3, 0.6};
    var options = CableOptions.of(cell).cells(3).stimulus(Stimulus.iClamp(SOMA, 1, 60, 0.5))
        .vary(new Variation("stimulus[0].amp", Mode.SET, amp));
    try (var p = population(cell, options)) {
      var spikes = new Spikes();
      for (int ms = 1; ms <= 60; ms++) {
        p.advance(ms, spikes);
      }
      assertEquals(2, p.sources().size());
      assertTrue(spikes.crossings(0, 0).length >= 2 && spikes.crossings(1, 1).length >= 1, "it fires");
      assertArrayEquals(spikes.crossings(0, 0), spikes.crossings(2, 0));
      assertTrue(spikes.crossings(1, 0)[0] > spikes.crossings(0, 0)[0]);
      for (int i = 0; i < spikes.size(); i++) {
        assertTrue(spikes.crossing(i) <= spikes.time(i) && spikes.crossing(i) > spikes.time(i) - p.step());
        if (i > 0) {
          int order = Double.compare(spikes.time(i - 1), spikes.time(i));
          order = order != 0 ? order : Integer.compare(spikes.cell(i - 1), spikes.cell(i));
          assertTrue(order < 0 || order == 0 && spikes.source(i - 1) < spikes.source(i));
        }
      }
    }
  }

  // ---- snapshots ---------------------------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(Precision.class)
  void aSnapshotContinuesBitForBit(Precision precision) {
    var cell = compiled();
    var options = CableOptions.of(cell).cells(20).precision(precision).stimulus(Stimulus.iClamp(SOMA, 2, 20, 0.4));
    try (var first = population(cell, options); var second = population(cell, options.threads(2))) {
      Snapshot beginning = first.snapshot();
      first.advance(new Events().add(3, 7, 0), 5, new Spikes()); // still open when the snapshot is taken
      Snapshot middle = first.snapshot();
      assertEquals(5, middle.time());
      second.restore(middle);
      assertEquals(5, second.time());
      for (var p : List.of(first, second)) {
        p.advance(new Events().add(6, 3, 1), 30, new Spikes());
      }
      assertArrayEquals(first.snapshot().state(), second.snapshot().state());
      second.restore(beginning);
      assertEquals(0, second.time());
      second.advance(new Events().add(3, 7, 0), 5, new Spikes());
      assertArrayEquals(middle.state(), second.snapshot().state());
    }
  }

  @Test
  void aSnapshotOfAnotherPopulationIsRefused() {
    var cell = compiled();
    var options = CableOptions.of(cell).cells(2);
    var other = cell.with("dend.g", 2e-4);
    try (var p = population(cell, options)) {
      for (var q : List.of(population(other, CableOptions.of(other).cells(2)), population(cell, options.cells(3)),
          population(cell, options.precision(Precision.F32)), population(cell, options.dt(0.05)),
          population(cell, options.stimulus(Stimulus.iClamp(SOMA, 0, 1, 1))),
          population(cell, options.vary(new Variation("dend.cm", Mode.SET, new double[] {1, 2}))))) {
        try (q) {
          assertContains("it is of another population", refusal(() -> p.restore(q.snapshot())));
        }
      }
      Snapshot mine = p.snapshot();
      assertContains("snapshot", refusal(() -> p.restore(new Snapshot(mine.layout(), 0, new byte[5]))));
      p.restore(mine);
    }
  }

  @Test
  void aClosedPopulationSaysSo() {
    var p = population(1);
    var v = p.record(V, 1);
    Snapshot s = p.snapshot();
    p.close();
    p.close();
    for (Executable call : List.<Executable>of(p::time, p::snapshot, () -> p.restore(s), () -> p.record(V, 1), v::samples, v::drain,
        () -> p.advance(new Events(), 1, new Spikes()))) {
      assertContains("The population is closed", assertThrows(GalvaniException.class, call).getMessage());
    }
    assertEquals(2, p.slots().size());
    assertEquals(1, p.cells());
  }

  // ---- recordings --------------------------------------------------------------------------------------------------

  @Test
  void recordsFromNowOnAndGivesEverySampleOnce() {
    try (var p = population(2)) {
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
      assertEquals(0, tenths.samples());
      assertEquals(0, tenths.drain()[0].length);
      p.advance(1.1, new Spikes());
      assertEquals(11, tenths.firstSample());
      assertEquals(1, tenths.samples());
      assertEquals(V, tenths.probe());
      assertEquals(4, tenths.every());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"soma(0.5).v", "dend(1).v", "soma(0.5).ina", "soma(0.5).ik", "soma(0.5).hh.m", "dend(0.7).AlphaSynapse.b",
    "dend(0.7).AlphaSynapse.i", "soma(0.5).Exp2Syn.i", "soma(0.5).IClamp.i"})
  void recordsWhatIsThere(String probe) {
    var cell = compiled();
    try (var p = population(cell, CableOptions.of(cell).stimulus(Stimulus.iClamp(SOMA, 1, 3, 0.2)))) {
      var r = p.record(Probe.parse(probe), 1);
      p.advance(new Events().add(1, 0, 0).add(1, 0, 1), 3, new Spikes());
      double[] x = r.drain()[0];
      assertEquals(121, x.length);
      assertNotEquals(x[100], x[1]);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "soma(0.5).V1 | unknown quantity 'V1'",
    "soma(0.5).hh.mm | Did you mean 'hh.m'?",
    "soma(0.5).inna | Did you mean 'ina'?",
    "dend(0.7).AlphaSynapse.g | Did you mean 'AlphaSynapse.a'?",
    "dend(0.2).AlphaSynapse.i | unknown quantity 'AlphaSynapse.i'",
    "soma(0.5).cai | no such calcium",
    "some(0.5).v | Did you mean 'soma'?"
  })
  void refusesProbes(String probe, String message) {
    try (var p = population(1)) {
      assertContains(message, refusal(() -> p.record(Probe.parse(probe), 1)));
      assertContains("every", refusal(() -> p.record(V, 0)));
      p.advance(1, new Spikes());
    }
  }

  // ---- variations --------------------------------------------------------------------------------------------------

  /** Cell c of a varied population is a cell of a uniform one with that value. */
  @ParameterizedTest
  @CsvSource({"soma.gnabar, 0.1, 0.15", "dend.g, 5e-5, 3e-4", "dend.pas.e, -75, -60", "soma.cm, 0.8, 1.5", "dend.Ra, 70, 300",
    "all.Ra, 70, 300", "dend.AlphaSynapse.tau, 0.5, 4", "soma.Exp2Syn.e, -90, -70"})
  void aVariedParameterActsOnItsCell(String target, double low, double high) {
    var cell = compiled();
    for (int cells : new int[] {2, 20}) {
      double[] values = new double[cells];
      for (int c = 0; c < cells; c++) {
        values[c] = low + (high - low) * c / (cells - 1);
      }
      var options = CableOptions.of(cell).cells(cells).stimulus(Stimulus.iClamp(SOMA, 1, 9, 0.3));
      double[][] varied = run(cell, options.vary(new Variation(target, Mode.SET, values)));
      for (int c : new int[] {0, cells - 1}) {
        var uniform = run(cell.with(target, values[c]), options);
        assertArrayEquals(uniform[c], varied[c], 1e-9, target + " of cell " + c);
      }
      assertNotEquals(varied[0][300], varied[cells - 1][300], target);
    }
  }

  @Test
  void scalingMultipliesWhatTheCellHas() {
    var cell = compiled();
    var options = CableOptions.of(cell).cells(2).stimulus(Stimulus.iClamp(SOMA, 1, 9, 0.3));
    for (String target : List.of("dend.g", "soma.cm", "dend.Ra", "dend.AlphaSynapse.tau")) {
      double base = switch (target) {
        case "dend.g" -> 1e-4;
        case "soma.cm" -> 1;
        case "dend.Ra" -> 150;
        default -> 2;
      };
      double[][] scaled = run(cell, options.vary(new Variation(target, Mode.SCALE, new double[] {1, 1.7})));
      double[][] set = run(cell, options.vary(new Variation(target, Mode.SET, new double[] {base, 1.7 * base})));
      assertArrayEquals(set[0], scaled[0], 1e-9, target);
      assertArrayEquals(set[1], scaled[1], 1e-9, target);
    }
  }

  @Test
  void aVariedStimulusActsOnItsCell() {
    var cell = compiled();
    double[][] varied = run(cell, CableOptions.of(cell).cells(2).stimulus(Stimulus.iClamp(SOMA, 1, 2, 0))
        .stimulus(Stimulus.iClamp(SOMA, 2, 5, 0.1)).vary(new Variation("stimulus[1].amp", Mode.SET, new double[] {0.2, 0.4}))
        .vary(new Variation("stimulus[1].del", Mode.SET, new double[] {3, 2})));
    assertArrayEquals(run(cell, CableOptions.of(cell).stimulus(Stimulus.iClamp(SOMA, 3, 5, 0.2)))[0], varied[0], 1e-9);
    assertArrayEquals(run(cell, CableOptions.of(cell).stimulus(Stimulus.iClamp(SOMA, 2, 5, 0.4)))[0], varied[1], 1e-9);
  }

  private static double[][] run(CompiledCell cell, CableOptions options) {
    try (var p = population(cell, options)) {
      var v = p.record(V, 1);
      var events = new Events();
      for (int c = 0; c < options.cells(); c++) {
        events.add(4, c, 0).add(6, c, 1);
      }
      p.advance(events, 12, new Spikes());
      return v.drain();
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "soma.gnabra | SET | 0.1 | Did you mean 'gnabar'?",
    "axon.g | SET | 1e-4 | unknown region 'axon'",
    "dend.g | SET | -1e-4 | g = -1.0E-4 S/cm2 is out of range",
    "dend.g | SCALE | -1 | g = -1.0E-4 S/cm2 is out of range",
    "dend.AlphaSynapse.tau | SET | 0 | tau = 0.0 ms is out of range",
    "dend.AlphaSynapse.tau | SCALE | 0 | tau = 0.0 ms is out of range",
    "dend.cm | SET | -1 | the capacitance of cell 1 is negative",
    "dend.Ra | SET | 0 | the axial resistance of cell 1 is not positive",
    "soma.usetable | SET | 1 | usetable is the same for all cells",
    "stimulus[1].amp | SET | 1 | there are 1 stimuli",
    "stimulus[0].amplitude | SET | 1 | unknown parameter of IClamp 'amplitude'",
    "stimulus[0].dur | SET | -1 | dur = -1.0 ms is out of range"
  })
  void refusesVariations(String target, Mode mode, double value, String message) {
    var cell = compiled();
    double[] values = {1, value};
    var options = CableOptions.of(cell).cells(2).stimulus(Stimulus.iClamp(SOMA, 1, 9, 0.3)).vary(new Variation(target, mode, values));
    assertContains(message, refusal(() -> population(cell, options).close()));
  }

  // ---- many slots --------------------------------------------------------------------------------------------------

  /** 10,000 slots of equal kinetics share a few receptors: an event on each acts as one event of the sum of their weights. */
  @Test
  void tenThousandSlotsOnOneCell() {
    var specs = new ArrayList<SlotSpec>();
    double[] sum = new double[9];
    for (int i = 0; i < 10_000; i++) {
      double weight = 1e-8 * (1 + i % 100);
      specs.add(new SlotSpec("s" + i, new Location("dend", (i % 9 + 0.5) / 9), "ExpSyn", Map.of("tau", 3.0), weight));
      sum[i % 9] += weight;
    }
    var cell = cell().build().compile().withSlots(specs);
    var few = new ArrayList<SlotSpec>();
    for (int k = 0; k < 9; k++) {
      few.add(new SlotSpec("d" + k, new Location("dend", (k + 0.5) / 9), "ExpSyn", Map.of("tau", 3.0), sum[k]));
    }
    double[] each = assertTimeout(Duration.ofSeconds(10), () -> driven(cell, events -> {
      for (int i = 0; i < 10_000; i++) {
        events.add(1, 0, 2 + i);
      }
    }));
    double[] summed = driven(cell().build().compile().withSlots(few), events -> {
      for (int k = 0; k < 9; k++) {
        events.add(1, 0, 2 + k);
      }
    });
    assertArrayEquals(summed, each, 1e-9);
    assertTrue(each[100] - each[40] > 1, "they depolarise");
  }

  private static double[] driven(CompiledCell cell, Consumer<Events> fill) {
    try (var p = population(cell, CableOptions.of(cell))) {
      var v = p.record(V, 1);
      var events = new Events();
      fill.accept(events);
      p.advance(events, 5, new Spikes());
      assertEquals(0, events.size());
      return v.drain()[0];
    }
  }

  // ---- options -----------------------------------------------------------------------------------------------------

  @Test
  void optionsOutOfRangeAreRefused() {
    var o = CableOptions.of(compiled());
    for (UnaryOperator<CableOptions> bad : List.<UnaryOperator<CableOptions>>of(x -> x.cells(0), x -> x.dt(0), x -> x.dt(Double.NaN),
        x -> x.vInit(Double.NaN), x -> x.celsius(1e9), x -> x.threads(0))) {
      assertContains("is out of range", refusal(() -> bad.apply(o)));
    }
    DoubleFunction<Variation> one = x -> new Variation("dend.g", Mode.SET, new double[] {x});
    assertContains("1 values for 2 cells", refusal(() -> o.cells(2).vary(one.apply(1e-4))));
    assertContains("NaN", refusal(() -> one.apply(Double.NaN)));
  }
}
