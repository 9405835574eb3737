package io.galvani.device.cuda;

import static io.galvani.device.cuda.SmallCells.DEND;
import static io.galvani.device.cuda.SmallCells.SOMA;
import static io.galvani.device.cuda.SmallCells.V;
import static io.galvani.device.cuda.SmallCells.WATCHED;
import static io.galvani.device.cuda.SmallCells.ms;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Events;
import io.galvani.Location;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.cable.Stimulus;
import io.galvani.cable.Variation;
import io.galvani.cable.Variation.Mode;
import io.galvani.cell.CellModel;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.SlotSpec;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The GPU against the CPU, sample by sample. */
@NeedsGpu
class CudaAgreementTest {
  private static final double CLOSE = 1e-9;  // mV, and the units of all other quantities in float64

  private record Run(double[][][] samples, Spikes spikes) {}

  /** Runs a population; samples are [probe][cell][sample]. */
  private static Run run(Population population, Supplier<Events> events, double until, Probe... probes) {
    try (population) {
      var recordings = new ArrayList<Recording>();
      for (Probe p : probes) {
        recordings.add(population.record(p, 1));
      }
      var spikes = new Spikes();
      population.advance(events.get(), until, spikes);
      return new Run(recordings.stream().map(Recording::drain).toArray(double[][][]::new), spikes);
    }
  }

  private static CudaPopulation gpu(CompiledCell cell, CableOptions options, CudaStrategy strategy) {
    return CudaDevice.get().population(cell, options, strategy, -1);
  }

  private static void assertAgree(CompiledCell cell, CableOptions options, CudaStrategy strategy, Supplier<Events> events, double until,
      double tolerance, Probe... probes) {
    Run expected = run(CpuDevice.get().population(cell, options), events, until, probes);
    Run actual = run(gpu(cell, options, strategy), events, until, probes);
    for (int p = 0; p < probes.length; p++) {
      double scale = probes[p].quantity().equals("v") ? 1 : Math.max(1e-6, largest(expected.samples[p]));
      for (int c = 0; c < options.cells(); c++) {
        assertArrayEquals(expected.samples[p][c], actual.samples[p][c], tolerance * scale, probes[p] + " of cell " + c);
      }
    }
    if (options.precision() == Precision.F64) {
      assertSameSteps(expected.spikes, actual.spikes);
    }
  }

  private static double largest(double[][] samples) {
    return Arrays.stream(samples).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElse(0);
  }

  private static void assertSameSteps(Spikes expected, Spikes actual) {
    assertEquals(expected.size(), actual.size(), "spikes");
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.cell(i), actual.cell(i));
      assertEquals(expected.source(i), actual.source(i));
      assertEquals(expected.time(i), actual.time(i), "grid time of spike " + i);
      assertEquals(expected.crossing(i), actual.crossing(i), CLOSE, "crossing of spike " + i);
    }
  }

  // ---- precision ---------------------------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(CudaStrategy.class)
  void aPassiveTreeFor100ms(CudaStrategy strategy) {
    var cell = SmallCells.passiveTree();
    var options = CableOptions.of(cell).stimulus(Stimulus.iClamp(SOMA, 1, 60, 0.3)).stimulus(Stimulus.iClamp(new Location("b2", 1), 3, 5, 0.01));
    assertAgree(cell, options, strategy, Events::new, ms(100), CLOSE, V, new Probe(new Location("b1", 1), "v"),
        new Probe(new Location("c", 0.5), "v"));
  }

  @ParameterizedTest
  @EnumSource(CudaStrategy.class)
  void hhBelowThresholdFor100ms(CudaStrategy strategy) {
    var cell = SmallCells.ball();
    assertAgree(cell, CableOptions.of(cell).cells(2).stimulus(Stimulus.iClamp(SOMA, 1, 80, 0.01)), strategy, Events::new, ms(100), CLOSE, V,
        new Probe(SOMA, "hh.m"), new Probe(SOMA, "ina"));
  }

  /** Trains of spikes: the same steps. Differences of rounding grow along them, so the voltage is not held to 1e-9 mV. */
  @ParameterizedTest
  @EnumSource(CudaStrategy.class)
  void spikesFallIntoTheSameSteps(CudaStrategy strategy) {
    var cell = SmallCells.synaptic().spikes(SOMA, 0).spikes(DEND, -50).build().compile();
    assertAgree(cell, CableOptions.of(cell).cells(2).stimulus(Stimulus.iClamp(SOMA, 1, 100, 0.4))
        .vary(new Variation("stimulus[0].amp", Mode.SET, new double[] {0.4, 0.7})), strategy, Events::new, ms(100), 1e-6, V);
  }

  @ParameterizedTest
  @CsvSource({"MIXED, 0.05", "F32, 0.25"})
  void float32IsWithinItsTolerances(Precision precision, double shift) {
    var quiet = SmallCells.calcium();
    for (CudaStrategy s : CudaStrategy.values()) {
      assertAgree(quiet, CableOptions.of(quiet).precision(precision), s, () -> new Events().add(1, 0, 0, 2e-4f), ms(50), 0.01, V,
          new Probe(DEND, "v"));
      var cell = SmallCells.ball();
      var options = CableOptions.of(cell).precision(precision).stimulus(Stimulus.iClamp(SOMA, 1, 60, 0.3));
      double[] expected = run(CpuDevice.get().population(cell, options), Events::new, ms(60), V).spikes.crossings(0, 0);
      assertTrue(expected.length > 0);
      assertArrayEquals(expected, run(gpu(cell, options, s), Events::new, ms(60), V).spikes.crossings(0, 0), shift);
    }
  }

  /** NEURON's tables of rates, which hh offers. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void tabulatedRates(Precision precision) {
    var cell = SmallCells.ball().with("soma.usetable", 1);
    var options = CableOptions.of(cell).precision(precision).stimulus(Stimulus.iClamp(SOMA, 1, 2, 0.02));
    assertAgree(cell, options, null, Events::new, ms(50), precision == Precision.F64 ? CLOSE : 0.01, V, new Probe(SOMA, "hh.n"));
    var exact = cell.with("soma.usetable", 0);
    assertNotEquals(run(gpu(exact, options, null), Events::new, 2, V).samples[0][0][80],
        run(gpu(cell, options, null), Events::new, 2, V).samples[0][0][80]);
  }

  // ---- polynomial rates --------------------------------------------------------------------------------------------

  private static CompiledCell with(Mechanism m) {
    return CellModel.builder(m.name()).cylinder("soma", 20, 20).insert("soma", "pas", Map.of()).insert("soma", m.name(), Map.of()).build()
        .compile();
  }

  static Stream<Mechanism> gated() {
    return mechanisms().filter(m -> CpuDevice.polynomialBounds(m.name(), 6.3, 0.025, true).length > 0);
  }

  /**
   * One step from rest of cells that are held at voltages over the whole range: gates go where the exact rates on the CPU take them,
   * within the bounds of both curves; where the polynomials end, exactly.
   */
  @ParameterizedTest
  @MethodSource("gated")
  void polynomialRatesKeepTheirBound(Mechanism m) {
    var cell = with(m);
    int cells = 60;
    double[] reversal = new double[cells];
    Arrays.setAll(reversal, c -> -140 + 240.0 * c / (cells - 1));
    for (Precision p : Precision.values()) {
      double bound = p == Precision.F64 ? 2 * 3e-6 + 7e-7 : 2 * 3e-5 + 2e-6;  // of inf and of the way to it; v in float32 adds some
      var options = CableOptions.of(cell).cells(cells).precision(p).vary(new Variation("soma.g_pas", Mode.SET, fill(cells, 1e3)))
          .vary(new Variation("soma.e_pas", Mode.SET, reversal));
      Probe[] probes = Stream.concat(Stream.of("v"), m.states().stream().map(s -> m.name() + "." + s)).map(q -> new Probe(SOMA, q))
          .toArray(Probe[]::new);
      double[][][] exact = run(CpuDevice.get().population(cell, options), Events::new, 0.025, probes).samples;
      double[][][] poly = run(gpu(cell, options.rates(Rates.POLY), null), Events::new, 0.025, probes).samples;
      boolean differs = false;
      for (int s = 1; s < probes.length; s++) {
        for (int c = 0; c < cells; c++) {
          double v = exact[0][c][1];
          boolean beyond = v < -130 || v > 95;
          assertEquals(exact[s][c][1], poly[s][c][1], beyond ? p == Precision.F64 ? 1e-12 : 3e-7 : bound, probes[s] + " at " + v + " mV");
          differs |= !beyond && Math.abs(exact[s][c][1] - poly[s][c][1]) > 1e-12;
        }
      }
      assertTrue(differs || p != Precision.F64, "these are the exact rates");  // float32 may round a slow gate to the same
    }
  }

  private static double[] fill(int count, double value) {
    double[] all = new double[count];
    Arrays.fill(all, value);
    return all;
  }

  /** Spikes are where the exact rates have them, within what the validation suite allows; wherever gates are kept. */
  @ParameterizedTest
  @CsvSource({"F64, 0.025", "MIXED, 0.5", "F32, 0.5"})
  void polynomialRatesLeaveSpikesWhereTheyAre(Precision precision, double shift) {
    var cell = SmallCells.ball();
    var options = CableOptions.of(cell).precision(precision).stimulus(Stimulus.iClamp(SOMA, 1, 60, 0.3));
    double[] exact = run(CpuDevice.get().population(cell, options), Events::new, ms(60), V).spikes.crossings(0, 0);
    double[] onCpu = run(CpuDevice.get().population(cell, options.rates(Rates.POLY)), Events::new, ms(60), V).spikes.crossings(0, 0);
    for (CudaStrategy s : CudaStrategy.values()) {
      double[] found = run(gpu(cell, options.rates(Rates.POLY), s), Events::new, ms(60), V).spikes.crossings(0, 0);
      assertTrue(found.length > 0);
      assertArrayEquals(exact, found, shift);
      assertArrayEquals(onCpu, found, shift);
    }
  }

  /** What is tabulated, or gated by calcium, is as with exact rates; the rest of the cell is not. */
  @Test
  void polynomialRatesAreThoseOfVoltageAlone() {
    var cell = SmallCells.ball().with("soma.usetable", 1);
    var options = CableOptions.of(cell).stimulus(Stimulus.iClamp(SOMA, 1, 2, 0.02));
    assertArrayEquals(run(gpu(cell, options, null), Events::new, 5, V).samples[0][0],
        run(gpu(cell, options.rates(Rates.POLY), null), Events::new, 5, V).samples[0][0]);
    var calcium = SmallCells.calcium();
    assertAgree(calcium, CableOptions.of(calcium).precision(Precision.MIXED).rates(Rates.POLY), null, () -> new Events().add(1, 0, 0, 2e-4f),
        ms(20), 0.01, V, new Probe(DEND, "v"));
  }

  // ---- populations -------------------------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(ints = {1, 31, 32, 33, 1000})
  void everyCellOfAPopulationIsItsOwn(int cells) {
    var cell = SmallCells.ball();
    double[] amp = new double[cells];
    double[] gnabar = new double[cells];
    for (int c = 0; c < cells; c++) {
      amp[c] = 0.2 * c / cells;
      gnabar[c] = 0.12 - 0.01 * (c % 7);
    }
    var options = CableOptions.of(cell).cells(cells).stimulus(Stimulus.iClamp(SOMA, 0.5, 30, 0))
        .vary(new Variation("stimulus[0].amp", Mode.SET, amp)).vary(new Variation("soma.gnabar", Mode.SET, gnabar));
    for (CudaStrategy s : WATCHED ? List.of(CudaStrategy.LEVEL) : List.of(CudaStrategy.values())) {
      assertAgree(cell, options, s, Events::new, WATCHED ? 1 : 5, CLOSE, V);
    }
  }

  @ParameterizedTest
  @Tag("unchecked")
  @DisabledIfSystemProperty(named = "galvani.gpu", matches = "ptx", disabledReason = "the emulated driver has run it")
  @CsvSource({"soma.gnabar, 0.1, 0.15", "dend.g, 5e-5, 3e-4", "dend.pas.e, -75, -60", "soma.cm, 0.8, 1.5", "dend.Ra, 70, 300",
    "all.Ra, 70, 300", "dend.AlphaSynapse.tau, 0.5, 4", "soma.Exp2Syn.e, -90, -70", "soma.Exp2Syn.tau2, 4, 12", "soma.gamma, 0.01, 0.2",
    "soma.cai0, 4e-5, 9e-5", "dend.gIhbar, 1e-4, 5e-4", "stimulus[0].del, 0.5, 2"})
  void aParameterThatVaries(String target, double low, double high) {
    var cell = SmallCells.calcium();
    for (Mode mode : Mode.values()) {
      double[] values = new double[5];
      for (int c = 0; c < values.length; c++) {
        double x = low + (high - low) * c / (values.length - 1);
        values[c] = mode == Mode.SET ? x : x / low;
      }
      var options = CableOptions.of(cell).cells(values.length).stimulus(Stimulus.iClamp(SOMA, 1, 5, 0.3))
          .vary(new Variation(target, mode, values));
      Supplier<Events> events = () -> {
        var all = new Events();
        for (int c = 0; c < values.length; c++) {
          all.add(2, c, 0).add(3, c, 1);
        }
        return all;
      };
      for (CudaStrategy s : CudaStrategy.values()) {
        assertAgree(cell, options, s, events, 8, 1e-7, V, new Probe(SOMA, "cai"));
      }
    }
  }

  // ---- mechanisms and probes ---------------------------------------------------------------------------------------

  static Stream<Mechanism> mechanisms() {
    return Catalogue.builtIn().all().stream();
  }

  /** A small cell with each mechanism of the catalogue, driven through its range: all that can be recorded of it. */
  @ParameterizedTest
  @MethodSource("mechanisms")
  void everyMechanism(Mechanism m) {
    var builder = CellModel.builder(m.name()).cylinder("soma", 20, 20).insert("soma", "pas", Map.of());
    var probes = new ArrayList<>(List.of(V));
    if (!m.kind().isPoint() && !m.name().equals("pas")) {
      for (String needed : List.of("CaDynamics_E2", "Ca_HVA")) {  // where calcium plays a part, there must be some
        if (!needed.equals(m.name())) {
          builder.insert("soma", needed, Map.of());
        }
      }
      builder.insert("soma", m.name(), Map.of());
      probes.addAll(List.of(new Probe(SOMA, "ina"), new Probe(SOMA, "ik"), new Probe(SOMA, "ica"), new Probe(SOMA, "cai"),
          new Probe(SOMA, "eca")));
    }
    if (m.kind() == Mechanism.Kind.SYNAPSE) {
      builder.slot(new SlotSpec("slot", SOMA, m.name(), Map.of(), 0.01));
    }
    m.states().forEach(s -> probes.add(new Probe(SOMA, m.name() + "." + s)));
    var cell = builder.build().compile();
    var options = CableOptions.of(cell).stimulus(Stimulus.iClamp(SOMA, 1, 3, 0.5)).stimulus(Stimulus.iClamp(SOMA, 6, 3, -0.5));
    if (m.name().equals("epsp")) {
      options = options.stimulus(new Stimulus("epsp", SOMA, Map.of("onset", 2.0, "imax", 0.3)));
    }
    if (m.kind().isPoint()) {
      probes.add(new Probe(SOMA, m.name() + ".i"));
    }
    Supplier<Events> events = () -> m.kind() == Mechanism.Kind.SYNAPSE ? new Events().add(0.5, 0, 0).add(2, 0, 0) : new Events();
    for (Precision p : Precision.values()) {
      assertAgree(cell, options.precision(p), null, events, WATCHED ? 2 : 10, p == Precision.F64 ? CLOSE : 0.01,
          p == Precision.F64 ? probes.toArray(Probe[]::new) : new Probe[] {V});
    }
  }

  /** Two of a kind on one node, with kinetics of their own, and several kinds on it. */
  @ParameterizedTest
  @EnumSource(CudaStrategy.class)
  void manyPointProcessesOnOneNode(CudaStrategy strategy) {
    var builder = CellModel.builder("cell").cylinder("soma", 20, 20).insert("soma", "hh", Map.of());
    for (int i = 0; i < 4; i++) {
      builder.slot(new SlotSpec("e" + i, SOMA, "ExpSyn", Map.of("tau", 1.0 + i), 1e-4))
          .slot(new SlotSpec("a" + i, SOMA, i < 2 ? "AlphaSynapse" : "AmpaNmda", Map.of(), 1e-4));
    }
    var cell = builder.build().compile();
    var options = CableOptions.of(cell).stimulus(Stimulus.iClamp(SOMA, 0, 5, 0.01)).stimulus(Stimulus.iClamp(SOMA, 1, 5, -0.02));
    assertAgree(cell, options, strategy, () -> {
      var all = new Events();
      for (int s = 0; s < 8; s++) {
        all.add(0.5, 0, s).add(0.5, 0, s).add(0.6 + 0.01 * s, 0, s);
      }
      return all;
    }, 4, CLOSE, V, new Probe(SOMA, "ExpSyn.i"), new Probe(SOMA, "AmpaNmda.i"), new Probe(SOMA, "IClamp.i"));
  }

  @Test
  void aProbeOfThePresentIsThatOfTheCpu() {
    var cell = SmallCells.calcium();
    var options = CableOptions.of(cell).cells(3).stimulus(Stimulus.iClamp(SOMA, 0, 5, 0.2));
    try (var expected = CpuDevice.get().population(cell, options); var actual = gpu(cell, options, null)) {
      for (double until : new double[] {0, 2}) {
        for (Population p : List.of(expected, actual)) {
          p.advance(new Events().add(Math.max(until - 1, 0), 1, 0), until, new Spikes());
        }
        for (String quantity : List.of("v", "ina", "ik", "ica", "cai", "eca", "Ca_HVA.m", "SK_E2.z", "Exp2Syn.i", "IClamp.i")) {
          double[][] now = actual.record(new Probe(SOMA, quantity), 1).drain();
          double[][] known = expected.record(new Probe(SOMA, quantity), 1).drain();
          for (int c = 0; c < 3; c++) {
            assertEquals(1, now[c].length);
            assertEquals(known[c][0], now[c][0], CLOSE * Math.max(1, Math.abs(known[c][0])), quantity + " at " + until);
          }
        }
      }
    }
  }
}
