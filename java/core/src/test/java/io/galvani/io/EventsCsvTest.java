package io.galvani.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Events;
import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.Slot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventsCsvTest {
  private static final List<Slot> SLOTS = List.of(
      new Slot(0, "exc", new Location("soma", 0.5), "Exp2Syn", 0.001),
      new Slot(1, "inh", new Location("soma", 0.5), "Exp2Syn", 0.002));

  @TempDir Path dir;

  @Test
  void readsSlotsByIndexAndByName() throws IOException {
    Events e = read("time_ms,cell,slot,weight_uS\n0,0,1,0.5\n1.25,2,exc,0.25\n\n1.25,1,inh,0.25\n", 3);
    assertEquals(3, e.size());
    assertEquals(1, e.slot(0));
    assertEquals(0.5f, e.weight(0));
    assertEquals(1.25, e.time(1));
    assertEquals(2, e.cell(1));
    assertEquals(0, e.slot(1));
    assertEquals(1, e.slot(2));
    assertTrue(Float.isNaN(read("time_ms,cell,slot\r\n0,0,1\r\n", 3).weight(0)));
  }

  @Test
  void readsTheFormOfASingleCellAndGzip() throws IOException {
    Path file = dir.resolve("e.csv.gz");
    try (var out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write("time_ms,synapse_id\n1,0\n2,1\n".getBytes());
    }
    Events e = EventsCsv.read(file, 1, SLOTS, 10);
    assertEquals(1, e.slot(1));
    assertEquals(0, read("time_ms,synapse_id\n", 1).size());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "''                                     | is empty",
      "t,cell,slot                            | :1: header is 't,cell,slot'",
      "1,0,0                                  | :1: header is '1,0,0'",
      "time_ms,synapse_id                     | :1: has no column for the cell",
      "time_ms,cell,slot/-1,0,0               | :2: time -1 ms lies before the start",
      "time_ms,cell,slot/2,0,0/1,0,0          | :3: time 1 ms comes after 2.0 ms",
      "time_ms,cell,slot/11,0,0               | :2: time 11 ms lies beyond the end of the run at 10.0 ms",
      "time_ms,cell,slot/NaN,0,0              | :2: time_ms NaN is not a finite",
      "time_ms,cell,slot/1e999,0,0            | :2: time_ms 1e999 is not a finite",
      "time_ms,cell,slot/x,0,0                | :2: time_ms 'x' is not a number",
      "time_ms,cell,slot//1,0,0/1,3,0         | :4: there is no cell 3. They count from 0 to 2",
      "time_ms,cell,slot/1,-1,0               | :2: there is no cell -1",
      "time_ms,cell,slot/1,0.5,0              | :2: cell '0.5' is not a whole number",
      "time_ms,cell,slot/1,0,2                | :2: there is no slot 2",
      "time_ms,cell,slot/1,0,exh              | :2: unknown slot 'exh'. Did you mean 'exc'?",
      "time_ms,cell,slot/1,0                  | :2: 2 values where the header has 3 columns",
      "time_ms,cell,slot,weight_uS/1,0,0,1e50 | :2: weight_uS 1e50 is too large",
      "time_ms,cell,slot,weight_uS/1,0,0,     | :2: weight_uS '' is not a number",
      "time_ms,cell,slot/1,0,\"0              | cannot be read"})
  void namesTheFault(String text, String says) {
    var e = assertThrows(InputException.class, () -> read(text.replace('/', '\n'), 3));
    assertTrue(e.getMessage().contains("e.csv") && e.getMessage().contains(says), e.getMessage());
  }

  @Test
  void namesWhatIsNoText() throws IOException {
    Path file = Files.write(dir.resolve("e.csv"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    says(file, "not text in UTF-8");
    Path gz = Files.writeString(dir.resolve("e.csv.gz"), "time_ms,cell,slot\n");
    says(gz, "GZIP");
    says(dir.resolve("none.csv"), "no such file");
  }

  private static void says(Path file, String text) {
    var e = assertThrows(InputException.class, () -> EventsCsv.read(file, 3, SLOTS, 10));
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  private Events read(String text, int cells) throws IOException {
    return EventsCsv.read(Files.writeString(dir.resolve("e.csv"), text), cells, SLOTS, 10);
  }
}
