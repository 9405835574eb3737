package io.galvani.io;

import io.galvani.Events;
import io.galvani.InputException;
import io.galvani.Slot;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Synaptic events from a CSV file, sorted by time, plain or {@code .gz}. Columns: {@code time_ms,cell,slot[,weight_uS]}
 * with a slot's index or name, or {@code time_ms,synapse_id} for a single cell.
 */
public final class EventsCsv {
  private static final List<List<String>> HEADERS = List.of(
      List.of("time_ms", "cell", "slot"),
      List.of("time_ms", "cell", "slot", "weight_uS"),
      List.of("time_ms", "synapse_id"));

  private final Path file;
  private final int cells;
  private final List<Slot> slots;
  private final Map<String, Integer> slotByName = new HashMap<>();
  private final double tstop;

  private EventsCsv(Path file, int cells, List<Slot> slots, double tstop) {
    this.file = file;
    this.cells = cells;
    this.slots = slots;
    this.tstop = tstop;
    slots.forEach(s -> slotByName.put(s.name(), s.index()));
  }

  /**
   * Reads and checks a file.
   *
   * @param cells number of cells that events may name
   * @param slots of each cell
   * @param tstop ms, the end of the run: a later event would never arrive
   * @throws InputException with file and line for the first fault
   */
  public static Events read(Path file, int cells, List<Slot> slots, double tstop) {
    return new EventsCsv(file, cells, slots, tstop).read();
  }

  private Events read() {
    var format = CSVFormat.DEFAULT.builder().setIgnoreEmptyLines(true).setTrim(true).get();
    try (var parser = CSVParser.parse(open(), format)) {
      var rows = parser.iterator();
      if (!rows.hasNext()) {
        throw new InputException(file.toString(), null, "is empty", "Its first line must be time_ms,cell,slot");
      }
      List<String> header = rows.next().toList();
      if (!HEADERS.contains(header)) {
        throw fault(1, "header is '" + String.join(",", header) + "'",
            "Write time_ms,cell,slot or time_ms,cell,slot,weight_uS");
      }
      if (header.size() == 2 && cells != 1) {
        throw fault(1, "has no column for the cell, and there are " + cells + " cells", "Write time_ms,cell,slot");
      }
      var events = new Events();
      double last = 0;
      while (rows.hasNext()) {
        CSVRecord row = rows.next();
        last = add(row, parser.getCurrentLineNumber(), header.size(), last, events);
      }
      return events;
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    } catch (UncheckedIOException e) {
      throw InputException.unreadable(file, e.getCause());
    }
  }

  private Reader open() throws IOException {
    var raw = new BufferedInputStream(Files.newInputStream(file));
    try {
      return new InputStreamReader(file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw,
          StandardCharsets.UTF_8.newDecoder());
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  private double add(CSVRecord row, long line, int width, double last, Events to) {
    if (row.size() != width) {
      throw fault(line, row.size() + " values where the header has " + width + " columns", null);
    }
    double time = number(row.get(0), line, "time_ms");
    if (time < 0) {
      throw fault(line, "time " + row.get(0) + " ms lies before the start", "Times count from 0");
    }
    if (time < last) {
      throw fault(line, "time " + row.get(0) + " ms comes after " + last + " ms", "Sort the file by time");
    }
    if (time > tstop) {
      throw fault(line, "time " + row.get(0) + " ms lies beyond the end of the run at " + tstop + " ms",
          "Raise tstop or drop the event");
    }
    boolean single = width == 2;
    int cell = single ? 0 : index(row.get(1), cells, line, "cell");
    Integer named = slotByName.get(row.get(single ? 1 : 2));
    int slot = named != null ? named : slot(row.get(single ? 1 : 2), line);
    float weight = Events.DEFAULT_WEIGHT;
    if (width == 4) {
      weight = (float) number(row.get(3), line, "weight_uS");
      if (Float.isInfinite(weight)) {
        throw fault(line, "weight_uS " + row.get(3) + " is too large for float32", null);
      }
    }
    to.add(time, cell, slot, weight);
    return time;
  }

  private double number(String text, long line, String column) {
    double value;
    try {
      value = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw fault(line, column + " '" + text + "' is not a number", null);
    }
    if (!Double.isFinite(value)) {
      throw fault(line, column + " " + text + " is not a finite number", null);
    }
    return value;
  }

  private int index(String text, int count, long line, String column) {
    int value;
    try {
      value = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw fault(line, column + " '" + text + "' is not a whole number", null);
    }
    if (value < 0 || value >= count) {
      throw fault(line, "there is no " + column + " " + value,
          count == 0 ? "There is none" : "They count from 0 to " + (count - 1));
    }
    return value;
  }

  private int slot(String text, long line) {
    if (text.matches("[+-]?\\d+")) {
      return index(text, slots.size(), line, "slot");
    }
    throw InputException.unknown(file.toString(), Long.toString(line), "slot", text, slotByName.keySet());
  }

  private InputException fault(long line, String fault, String remedy) {
    return InputException.at(file, line, fault, remedy);
  }
}
