package io.galvani;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** Reference data that is not part of the project: {@code -Dgalvani.shared}, or the folder {@code shared} beside the root. */
public final class SharedData {
  private SharedData() {}

  /** A file of the reference data; ends the test as skipped, with its reason printed, if it is not here. */
  public static Path path(String first, String... more) {
    String property = System.getProperty("galvani.shared");
    var folder = property != null ? Path.of(property)
        : Path.of(System.getProperty("galvani.root", "."), "..", "shared").normalize();
    var file = folder.resolve(Path.of(first, more));
    if (!Files.exists(file)) {
      System.out.println("skipped: " + file + " is not here (set -Dgalvani.shared)");
      abort(file + " is not here (set -Dgalvani.shared)");
    }
    return file;
  }

  /** Rows of a CSV file without quotes, gzipped or not, by column name. */
  public static List<Map<String, String>> rows(Path file) throws IOException {
    try (var in = Files.newInputStream(file);
        var text = new BufferedReader(
            new InputStreamReader(file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in))) {
      String[] names = text.readLine().split(",");
      var rows = new ArrayList<Map<String, String>>();
      for (String line = text.readLine(); line != null; line = text.readLine()) {
        String[] cells = Arrays.copyOf(line.split(","), names.length);
        var row = new LinkedHashMap<String, String>();
        for (int i = 0; i < names.length; i++) {
          row.put(names[i], cells[i] == null ? "" : cells[i]);
        }
        rows.add(row);
      }
      return rows;
    }
  }
}
