package io.galvani.cell;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.cell.CompiledCell.Defaults;
import io.galvani.cell.Distribution.Distance;
import io.galvani.cell.Distribution.Where;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CellModelTest {
  /** A soma, an apical trunk at its middle with two branches, an axon. */
  private static CellModel.Builder neuron() {
    return CellModel.builder("neuron").cylinder("soma", 20, 20).cylinder("apic[0]", 100, 2, new Location("soma", 0.5))
        .cylinder("apic[1]", 50, 1, new Location("apic[0]", 1)).cylinder("apic[2]", 80, 1, new Location("apic[0]", 1))
        .cylinder("axon[0]", 30, 1, new Location("soma", 0)).cylinder("axon[1]", 30, 1, new Location("axon[0]", 1));
  }

  @Test
  void laterStatementsHold() {
    var cell = neuron().cm("all", 1).cm("apic", 2).cm("apic[1]", 3).insert("all", "pas", Map.of("g", 1e-5))
        .insert("soma", "pas", Map.of("g", 2e-5)).build().compile();
    assertEquals(List.of(1.0, 2.0, 3.0, 2.0, 1.0, 1.0), onSegments(cell, cell.nodes().cm()));
    assertArrayEquals(new double[] {2e-5, 1e-5, 1e-5, 1e-5, 1e-5, 1e-5}, cell.membrane().getFirst().values()[0]);
  }

  @Test
  void mechanismsComeInTheOrderOfTheCatalogue() {
    var names = List.of("hh", "pas", "SK_E2", "CaDynamics_E2", "Ca_HVA");
    var builder = neuron();
    names.forEach(m -> builder.insert("soma", m, Map.of()));
    var known = io.galvani.mechanism.Catalogue.builtIn().all().stream().map(m -> m.name()).filter(names::contains).toList();
    assertEquals(known, builder.build().compile().membrane().stream().map(p -> p.mechanism().name()).toList());
  }

  @Test
  void reversalPotentialsReachAllThatHaveThem() {
    var cell = neuron().ion("all", "ek", -85).ion("all", "ena", 60).insert("soma", "hh", Map.of())
        .insert("soma", "Im", Map.of()).insert("soma", "NaTa_t", Map.of("ena", 50.0)).build().compile();
    assertEquals(-85, value(cell, "hh", "ek"));
    assertEquals(-85, value(cell, "Im", "ek"));
    assertEquals(60, value(cell, "hh", "ena"));
    assertEquals(50, value(cell, "NaTa_t", "ena"), "its own value goes first");
  }

  @Test
  void removingTakesWhatHangsThere() {
    var cell = neuron().remove("apic[0]").build().compile();
    assertEquals(List.of("soma", "axon[0]", "axon[1]"), cell.sections());
    assertEquals(List.of("soma", "axon", "all"), List.copyOf(cell.sectionLists().keySet()));
    assertEquals(6, neuron().remove("axon").cylinder("axon[0]", 30, 1, new Location("soma", 0.5))
        .cylinder("axon[1]", 30, 1, new Location("axon[0]", 1)).build().sections().size());
  }

  @Test
  void distancesAreMeasuredAlongTheCable() {
    var from = new PathLength(neuron().build().sections(), new Location("apic[1]", 0.5));
    assertEquals(0, from.at("apic[1]", 0.5));
    assertEquals(25, from.at("apic[1]", 1));
    assertEquals(25 + 40, from.at("apic[2]", 0.5));
    assertEquals(25 + 30, from.at("apic[0]", 0.7), 1e-12);
    assertEquals(125, from.at("soma", 0.5));
    assertEquals(125 + 10, from.at("soma", 1));
    assertEquals(125 + 10 + 30 + 15, from.at("axon[1]", 0.5));
  }

  @Test
  void distributionsOverDistance() {
    var d = new Distance(new Location("apic", 0), Where.LAST_AT_END, true);
    var cell = neuron().nseg("apic[0]", NsegRule.fixed(2)).insert("apic", "Ih", Map.of())
        .vary("apic", "Ih", "gIhbar", new Distribution.Ramp(new double[] {0, 1}, new double[] {0, 1}, d)).build().compile();
    // the first half of the trunk at its centre, then ends of sections; the farthest is 180 µm away
    assertArrayEquals(new double[] {25 / 180.0, 100 / 180.0, 150 / 180.0, 1}, cell.membrane().getFirst().values()[0], 1e-15);
  }

  @Test
  void shapesOfDistributions() {
    var x = Distance.RELATIVE;
    var step = new Distribution.Step(1, 2, 5, 6, x);
    assertArrayEquals(new double[] {6, 5, 6}, new double[] {step.at(1), step.at(1.5), step.at(2)});
    assertEquals(2 * (3 + 4 * Math.exp(-0.5)), new Distribution.Exponential(2, 3, 4, -0.25, x).at(2));
    var ramp = new Distribution.Ramp(new double[] {1, 2, 2, 3}, new double[] {10, 20, 40, 30}, x);
    assertArrayEquals(new double[] {10, 15, 20, 39, 30},
        new double[] {ramp.at(0), ramp.at(1.5), ramp.at(2), ramp.at(2.1), ramp.at(9)}, 1e-12);
  }

  @Test
  void slotsOnRegions() {
    var cell = neuron().nseg("apic", NsegRule.fixed(3)).slots(List.of("soma", "apic"), "exc", "ExpSyn", Map.of(), 1e-3)
        .slots(List.of("apic"), 0.9, "inh", "GABA", Map.of(), 1e-3).build().compile();
    assertEquals(10 + 3, cell.slots().size());
    assertEquals("exc[1] apic[0](0.16666666666666666)", cell.slots().get(1).name() + " " + cell.slots().get(1).at());
    assertEquals("inh[2] apic[2](0.9)", cell.slots().getLast().name() + " " + cell.slots().getLast().at());
  }

  @Test
  void spikesAreWatchedAtTheMiddleOfTheRoot() {
    var source = neuron().build().compile().sources();
    assertEquals("[Source[at=soma(0.5), threshold=0.0]]", source.toString());
  }

  static List<Arguments> mistakes() {
    return List.of(
        mistake(b -> b.insert("apics", "pas", Map.of()), "unknown region 'apics'. Did you mean 'apic'?"),
        mistake(b -> b.insert("apic", "CaDynamics", Map.of()), "Did you mean 'CaDynamics_E2'?"),
        mistake(b -> b.insert("apic", "Exp2Syn", Map.of()), "Exp2Syn is a synapse and cannot cover a region"),
        mistake(b -> b.insert("apic", "Ih", Map.of("gIhbr", 1.0)), "Did you mean 'gIhbar'?"),
        mistake(b -> b.insert("apic", "Ih", Map.of("gIhbar", -1.0)), "gIhbar = -1.0 S/cm2 is out of range"),
        mistake(b -> b.insert("soma", "CaDynamics_E2", Map.of("decay", 0.0)), "decay = 0.0 ms is out of range"),
        mistake(b -> b.insert("apic", "Ih", Map.of("ehcn", Double.NaN)), "ehcn = NaN"),
        mistake(b -> b.vary("apic", "Ih", "gIhbar", new Distribution.Uniform(1)), "apic[0] has no Ih"),
        mistake(b -> b.insert("apic", "Ih", Map.of()).vary("apic", "Ih", "gIhbar",
            new Distribution.Ramp(new double[] {0, 1}, new double[] {1, -1}, Distance.RELATIVE)), "apic[0](0.75)"),
        mistake(b -> b.insert("apic", "Ih", Map.of()).vary("apic", "Ih", "gIhbar",
            new Distribution.Step(0, 1, 1, 1, Distance.from(new Location("tuft", 0)))), "unknown section 'tuft'"),
        mistake(b -> b.ion("all", "eca", 120), "unknown reversal potential 'eca'"),
        mistake(b -> b.cm("all", 0), "cm = 0.0 µF/cm² is out of range"),
        mistake(b -> b.Ra("all", Double.POSITIVE_INFINITY), "Ra = Infinity"),
        mistake(b -> b.nseg("all", NsegRule.fixed(0)), "nseg = 0"),
        mistake(b -> b.nseg("all", NsegRule.every(1e-3)), "soma (20.0 µm) asks for 40001 segments"),
        mistake(b -> b.nseg("all", NsegRule.dLambda(0.1, -1)), "f = -1.0 Hz"),
        mistake(b -> b.cylinder("x", -1, 1, new Location("soma", 1)), "L = -1.0 µm"),
        mistake(b -> b.cylinder("apic[0]", 1, 1, new Location("soma", 1)), "'apic[0]' exists already"),
        mistake(b -> b.cylinder("x y", 1, 1, new Location("soma", 1)), "cannot be the name of a section"),
        mistake(b -> b.cylinder("x", 1, 1), "x is a second root"),
        mistake(b -> b.cylinder("x", 1, 1, new Location("spma", 1)), "Did you mean 'soma'?"),
        mistake(b -> b.remove("all"), "leaves nothing"),
        mistake(b -> b.remove("soma"), "leaves nothing"),
        mistake(b -> b.list("apic", List.of("soma")), "'apic' exists already"),
        mistake(b -> b.list("tuft", List.of("apic[9]")), "unknown region 'apic[9]'"),
        mistake(b -> b.defaults(new Defaults(-65, 6.3, 0)), "dt = 0.0 ms"),
        mistake(b -> b.spikes(new Location("soma", 0.5), Double.NaN), "threshold NaN"));
  }

  private static Arguments mistake(Consumer<CellModel.Builder> what, String message) {
    return Arguments.of(what, message);
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("mistakes")
  void refuses(Consumer<CellModel.Builder> what, String message) {
    var e = assertThrows(InputException.class, () -> {
      var builder = neuron().nseg("apic", NsegRule.fixed(2));
      what.accept(builder);
      builder.build().compile();
    });
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().startsWith("neuron"), e.getMessage());
  }

  private static List<Double> onSegments(CompiledCell cell, double[] values) {
    return java.util.stream.IntStream.range(0, values.length)
        .filter(i -> cell.nodes().kind()[i] == CompiledCell.NodeKind.SEG).mapToObj(i -> values[i]).toList();
  }

  private static double value(CompiledCell cell, String mechanism, String parameter) {
    var p = cell.membrane().stream().filter(q -> q.mechanism().name().equals(mechanism)).findFirst().orElseThrow();
    return p.values()[p.mechanism().indexOf(parameter)][0];
  }
}
