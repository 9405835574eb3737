package io.galvani.validation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ToleranceTest {
  private static final Pattern ROW = Pattern.compile("\\| `(\\w+)` \\| (\\S+) \\| (\\S+) \\| \\S.*\\|");

  @Test
  void theDocumentStatesTheBoundsOfTheCode() throws IOException {
    var stated = new TreeMap<String, String>();
    for (String line : Files.readAllLines(Path.of(System.getProperty("galvani.root"), "validation/tolerances.md"))) {
      var m = ROW.matcher(line);
      if (m.matches()) {
        stated.put(m.group(1), Double.parseDouble(m.group(2)) + " " + m.group(3));
      }
    }
    var coded = new TreeMap<String, String>();
    for (Tolerance t : Tolerance.values()) {
      coded.put(t.name(), t.value + " " + t.unit);
    }
    assertEquals(coded, stated);
  }
}
