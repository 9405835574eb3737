package io.galvani.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.Spikes;
import io.galvani.bench.Cases.Case;
import io.galvani.bench.Cases.Load;
import io.galvani.cable.Mode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CasesTest {
  static List<Case> cases() {
    return Cases.ALL;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void hasTheCompartmentsItStates(Case c) {
    assertEquals(c.compartments(), c.cell().nodes().segments());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void runsInEveryModeWithCellsAlikeAndNot(Case c) {
    var load = new Load(c, 3);
    for (Mode mode : Mode.ALL) {
      for (boolean varied : new boolean[] {false, true}) {
        try (var population = load.population(mode, o -> varied ? load.varied(o) : o)) {
          population.advance(1, new Spikes());
          assertEquals(1, population.time(), 1e-12, c + " " + mode);
        }
      }
    }
  }

  @Test
  void loadsAreFoundByName() {
    for (Load load : Cases.loads()) {
      assertEquals(load, Cases.load(load.toString()));
    }
    assertEquals(7, Cases.load("c600x7").cells());
    assertTrue(assertThrows(InputException.class, () -> Cases.load("c20x1")).getMessage().contains("c200x1"));
  }

  @Test
  void stretchesAreWholeAndBounded() {
    assertEquals(79, Cases.load("c200x16").stretch(1e7));
    assertEquals(1, Cases.load("l5pcx1000").stretch(1e7));
    assertEquals(20_000, Cases.load("singlex1").stretch(1e9));
  }

  @Test
  void theCompilerFoundTheBenchmarks() {
    assertNotNull(getClass().getResource("/META-INF/BenchmarkList"));
  }
}
