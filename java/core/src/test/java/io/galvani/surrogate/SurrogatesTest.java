package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.cell.Cells;
import java.util.List;
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
    assertTrue(cell.slots().containsAll(s.slots().stream().map(SlotInput::slot).toList()));
    assertTrue(s.spikes().isPresent());
    assertTrue(s.provenance().scores().get("explained_variance") > 0.9);
  }

  @Test
  void othersAreSuggestedOrFiles() {
    assertEquals("surrogate: unknown surrogate 'ball-steaming'. Did you mean 'ball-streaming'?",
        assertThrows(InputException.class, () -> Surrogates.load("ball-steaming")).getMessage());
    assertTrue(assertThrows(InputException.class, () -> Surrogates.load("no.safetensors")).getMessage().contains("there is no such file"));
  }
}
