package io.galvani.validation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.galvani.cell.Cells;
import io.galvani.cell.CompartmentTable;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.mechanism.Parameter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The layer-5 cell as our importer makes it, and the tree that NEURON made of the same SWC file. */
class L5pcTest {
  private static final CompiledCell OURS = Cells.load("l5pc");
  private static final CompiledCell NEURON = CompartmentTable.read(
      Path.of(System.getProperty("galvani.root"), "validation/cases/l5pc/nodes.csv.gz"),
      CompartmentTable.Options.NONE.constant("ena", 50).constant("ek", -85).constant("ehcn", -45));

  @Test
  void theTreesAreEqual() {
    var ours = OURS.nodes();
    var theirs = NEURON.nodes();
    assertArrayEquals(theirs.kind(), ours.kind());
    assertArrayEquals(theirs.section(), ours.section());
    assertArrayEquals(theirs.parent(), ours.parent());
    assertArrayEquals(theirs.x(), ours.x(), 1e-15);
    for (int i = 0; i < theirs.count(); i++) {
      String node = "node " + i + ", " + theirs.section()[i];
      assertEquals(theirs.area()[i], ours.area()[i], 1e-9 * theirs.area()[i], node);
      assertEquals(theirs.ri()[i], ours.ri()[i], 1e-9 * theirs.ri()[i], node);
      assertEquals(theirs.cm()[i], ours.cm()[i], 0, node);
    }
  }

  @Test
  void theMembranesAreEqual() {
    Map<String, Placement> ours = new HashMap<>();
    OURS.membrane().forEach(p -> ours.put(p.mechanism().name(), p));
    for (Placement theirs : NEURON.membrane()) {
      String name = theirs.mechanism().name();
      Placement same = ours.remove(name);
      assertArrayEquals(theirs.node(), same.node(), name);
      for (int p = 0; p < theirs.values().length; p++) {
        Parameter parameter = theirs.mechanism().parameters().get(p);
        for (int i = 0; i < theirs.node().length; i++) {
          double value = theirs.values()[p][i];
          assertEquals(value, same.values()[p][i], 1e-9 * Math.abs(value), name + "." + parameter.name() + " of instance " + i);
        }
      }
    }
    assertEquals(Map.of(), ours);
  }
}
