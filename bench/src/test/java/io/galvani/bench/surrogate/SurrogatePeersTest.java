package io.galvani.bench.surrogate;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SurrogatePeersTest {
  @Test
  void refusesWhatItCannotTime() {
    for (var bad : List.of(List.of("--cells", "0"), List.of("--cells", "1,"), List.of("--threads", "x"), List.of("--rounds"),
        List.of("c201r6"))) {
      var e = assertThrows(InputException.class, () -> SurrogatePeers.compare(bad));
      assertTrue(e.getMessage().contains(bad.size() < 2 ? bad.getFirst() : "'" + bad.getLast() + "'"), e.getMessage());
    }
  }
}
