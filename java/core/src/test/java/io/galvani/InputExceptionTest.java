package io.galvani;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class InputExceptionTest {
  @Test
  void saysEverythingInOneLine() {
    assertEquals("net.h5:layer: 'µ\\u000a\\u001b[2J\\u009b\\u2028' is unknown. Rename it",
        new InputException("net.h5", "layer", "'µ\n\u001b[2J\u009b\u2028' is unknown", "Rename it").getMessage());
    assertEquals("net.h5: is empty", new InputException("net.h5", null, "is empty", null).getMessage());
  }
}
