package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.Slot;
import io.galvani.cell.Cells;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SurrogatesTest {
  static List<String> names() {
    return Surrogates.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void thoseThatComeWithGalvaniOfferTheSlotsOfTheirCell(String name) {
    var s = Surrogates.load(name);
    var cell = Cells.load(s.provenance().cell());
    assertEquals(s.name(), cell.name());
    var slots = cell.slots().stream().collect(Collectors.toMap(Slot::name, Function.identity()));
    for (int i = 0; i < s.slots().size(); i++) { // some of the cell's, counted anew
      var slot = s.slots().get(i).slot();
      var its = slots.get(slot.name());
      assertEquals(new Slot(i, its.name(), its.at(), its.kind(), its.weight()), slot);
    }
    assertTrue(s.spikes().isPresent());
    assertTrue(s.provenance().scores().get("explained_variance_clipped") > 0.8);
  }

  @Test
  void othersAreSuggestedOrFiles() {
    assertEquals("surrogate: unknown surrogate 'ball-steaming'. Did you mean 'ball-streaming'?",
        assertThrows(InputException.class, () -> Surrogates.load("ball-steaming")).getMessage());
    assertTrue(assertThrows(InputException.class, () -> Surrogates.load("no.safetensors")).getMessage().contains("there is no such file"));
  }
}
