package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What came of a {@code galvani} command, run in this JVM. */
record Command(int status, String out, String err) {
  static Command run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int status = Galvani.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(arguments);
    return new Command(status, out.toString(), err.toString());
  }

  /** What it printed; fails unless it succeeded. */
  String output() {
    assertEquals("", err);
    assertEquals(0, status);
    return out;
  }
}
