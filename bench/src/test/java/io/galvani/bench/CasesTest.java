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
import io.galvani.cell.Cells;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

  /** For tuning, any cell that can be simulated: under the name by which it is found again then. */
  @Test
  void cellsOfTheUsersOwnAreLoadsToo(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("axo.yaml"), """
        name: mine
        sections:
          soma: {L: 25, diam: 25}
        regions:
          soma:
            mechanisms:
              hh:
        slots:
          exc: {at: soma(0.5), kind: AlphaSynapse, tau: 2, e: 0, weight: 0.0025}
        """);
    Load mine = Cases.loadOrCell(file + "x12");
    assertEquals("minex12", mine.toString());
    assertEquals(1, mine.subject().compartments());
    assertEquals(Cells.load(file.toString()).withoutSlots().fingerprint(), mine.subject().cell().fingerprint());
    assertEquals(9, Cases.loadOrCell("ballx9").cells());
    assertEquals(Cases.load("l5pcx7"), Cases.loadOrCell("l5pcx7"));
    try (var population = mine.population(Mode.REFERENCE, o -> o)) {
      population.advance(1, new Spikes());
    }
    for (String wrong : List.of("c20x1", "ball", "ballx0", dir.resolve("none.yamlx3").toString(), "my.swcx3")) {
      assertThrows(InputException.class, () -> Cases.loadOrCell(wrong), wrong);
    }
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
