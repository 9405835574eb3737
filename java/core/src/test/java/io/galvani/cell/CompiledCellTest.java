package io.galvani.cell;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.cell.CompiledCell.Nodes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompiledCellTest {
  /** soma (1 segment), dend[0] (3) at soma(1), dend[1] (5) at dend[0](0.5). */
  private static CellModel.Builder tree() {
    return CellModel.builder("tree").cylinder("soma", 20, 20).cylinder("dend[0]", 90, 2, new Location("soma", 1))
        .cylinder("dend[1]", 100, 1, new Location("dend[0]", 0.5)).nseg("dend[0]", NsegRule.fixed(3))
        .nseg("dend[1]", NsegRule.fixed(5)).Ra("all", 100).insert("all", "pas", Map.of("g", 1e-4));
  }

  @Test
  void numbering() {
    Nodes n = tree().build().compile().nodes();
    //            root soma end | dend[0]    end | dend[1]        end
    assertArrayEquals(new int[] {-1, 0, 1, 2, 3, 4, 5, 4, 7, 8, 9, 10, 11}, n.parent());
    assertEquals(9, n.segments());
    assertEquals(Math.PI * 2 * 30, n.area()[3], 1e-12);
    assertEquals(30, n.length()[3], 1e-12);
    assertEquals(0, n.length()[6]);
    assertEquals(1e-2 * 100 * 15 / Math.PI, n.ri()[3], 1e-12); // half a segment of dend[0]: π µm² across
    assertEquals(1e-2 * 100 * 30 / Math.PI, n.ri()[4], 1e-12);
    assertEquals(0, n.area()[6]);
  }

  @ParameterizedTest
  @CsvSource({"soma(0.5), 1", "soma(0), 0", "soma(1), 2", "dend[0](0), 3", "dend[0](0.34), 4", "dend[0](0.99), 5", "dend[0](1), 6",
      "dend(0.5), 4", "dend[1](0.5), 9"})
  void locates(String at, int node) {
    assertEquals(node, tree().build().compile().locate(Location.parse(at)));
  }

  @Test
  void slotsOfEqualKineticsOnOneNodeShareAReceptor() {
    var cell = tree().build().compile();
    var more = new ArrayList<SlotSpec>();
    for (int i = 0; i < 10_000; i++) {
      more.add(new SlotSpec("s" + i, new Location("dend[1]", (i % 10) / 10.0), i % 2 == 0 ? "Exp2Syn" : "AlphaSynapse",
          Map.of("e", (double) -(i % 20 / 10)), 0.001));
    }
    var with = assertTimeout(Duration.ofSeconds(5), () -> cell.withSlots(more));

    assertEquals(10_000, with.slots().size());
    assertEquals(2, with.receptors().size());
    // 5 nodes × 2 values of e for each kind
    assertEquals(10, with.receptors().get(0).node().length);
    assertEquals(10, with.receptors().get(1).node().length);
    int[] at = with.slotReceptor()[1234];
    var receptor = with.receptors().get(at[0]);
    var slot = with.slots().get(1234);
    assertEquals("s1234", slot.name());
    assertEquals(slot.kind(), receptor.mechanism().name());
    assertEquals(with.locate(slot.at()), receptor.node()[at[1]]);
    assertEquals(-1, receptor.values()[receptor.mechanism().indexOf("e")][at[1]]);

    var twice = with.withSlots(List.of(new SlotSpec("last", new Location("dend[1]", 0), "Exp2Syn", Map.of("e", 0.0), 0.002)));
    assertEquals(10_000, twice.slots().getLast().index());
    assertArrayEquals(twice.slotReceptor()[0], twice.slotReceptor()[10_000]);
    assertArrayEquals(with.slotReceptor()[1234], twice.slotReceptor()[1234]);

    var without = twice.withoutSlots();
    assertEquals(List.of(), without.slots());
    assertEquals(List.of(), without.receptors());
    assertEquals(cell.membrane(), without.membrane());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "a | soma(0.5) | Exp2Sin | tau1 | 1 | Did you mean 'Exp2Syn'?",
    "a | soma(0.5) | pas | g | 1 | pas is a channel",
    "a | soma(0.5) | Exp2Syn | tau3 | 1 | Did you mean 'tau",
    "a | soma(0.5) | Exp2Syn | tau1 | 0 | tau1 = 0.0 ms is out of range",
    "a | spine(0.5) | Exp2Syn | tau1 | 1 | unknown section 'spine'",
    "old | soma(0.5) | Exp2Syn | tau1 | 1 | a second slot named 'old'"
  })
  void refusesSlots(String name, String at, String kind, String parameter, double value, String message) {
    var cell = tree().slot(new SlotSpec("old", new Location("soma", 0.5), "ExpSyn", Map.of(), 1)).build().compile();
    var spec = new SlotSpec(name, Location.parse(at), kind, Map.of(parameter, value), 0.1);
    var e = assertThrows(InputException.class, () -> cell.withSlots(List.of(spec)));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void setsParametersOfARegion() {
    var cell = tree().insert("soma", "hh", Map.of()).build().compile();

    for (String target : List.of("dend.g", "dend.pas.g", "dend.g_pas")) {
      var changed = cell.with(target, 5e-4);
      assertArrayEquals(new double[] {1e-4, 5e-4, 5e-4, 5e-4, 5e-4, 5e-4, 5e-4, 5e-4, 5e-4}, values(changed, "pas"), target);
      assertEquals(1e-4, values(cell, "pas")[3], "the cell itself is left as it was");
    }
    var parameter = assertInstanceOf(Target.OfMembrane.class, cell.resolve("dend[1].pas.e"));
    assertEquals("pas", cell.membrane().get(parameter.placement()).mechanism().name());
    assertEquals(1, parameter.parameter());
    assertArrayEquals(new int[] {4, 5, 6, 7, 8}, parameter.rows());
    assertEquals(0.2, values(cell.with("soma.gnabar", 0.2), "hh")[0]);

    var cm = cell.with("dend[0].cm", 2).nodes();
    assertArrayEquals(new double[] {0, 1, 0, 2, 2, 2, 0, 1, 1, 1, 1, 1, 0}, cm.cm());
    var ra = cell.with("dend[0].Ra", 300).nodes();
    for (int i = 0; i < ra.count(); i++) {
      boolean there = ra.section()[i].equals("dend[0]");
      assertEquals((there ? 3 : 1) * cell.nodes().ri()[i], ra.ri()[i], 1e-15);
      assertEquals(there ? 300 : 100, ra.Ra()[i]);
    }
  }

  @Test
  void setsParametersOfSynapses() {
    var cell = tree().slots(List.of("dend"), "exc", "ExpSyn", Map.of("tau", 2.0), 1e-3).build().compile();
    assertArrayEquals(new double[] {2, 2, 2, 3, 3, 3, 3, 3}, cell.with("dend[1].ExpSyn.tau", 3).receptors().getFirst().values()[0]);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "axon.cm | unknown region 'axon'",
    "dent.cm | Did you mean 'dend'?",
    "cm | is not of the form region.parameter",
    "soma.gnabra | Did you mean 'gnabar'?",
    "dend.gnabar | unknown parameter of dend 'gnabar'",
    "soma.e | several mechanisms have the parameter 'e'. Name one of soma.pas.e, soma.ExpSyn.e",
    "soma.pas.g | g = -1.0 S/cm2 is out of range",
    "soma.cm | cm: -1.0 is out of range",
    "soma.Ra | Ra: -1.0 is out of range"
  })
  void refusesTargets(String target, String message) {
    var cell = tree().insert("soma", "hh", Map.of())
        .slot(new SlotSpec("s", new Location("soma", 0.5), "ExpSyn", Map.of(), 1)).build().compile();
    var e = assertThrows(InputException.class, () -> cell.with(target, -1));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private static double[] values(CompiledCell cell, String mechanism) {
    return cell.membrane().stream().filter(p -> p.mechanism().name().equals(mechanism)).findFirst().orElseThrow().values()[0];
  }
}
