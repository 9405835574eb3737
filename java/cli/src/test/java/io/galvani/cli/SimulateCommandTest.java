package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.galvani.trace.Npy;
import io.galvani.trace.SpikeTrains;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulateCommandTest {
  @TempDir Path dir;

  @Test
  void writesSpikesSamplesAndADescription() throws IOException {
    simulate("hh", "--cells", "3", "--tstop", "100", "--stim", "IClamp soma(0.5) delay=10 dur=80 amp=0.1",
        "--set", "stimulus[0].amp=0..0.2", "--record", "soma(0.5).v", "--record", "soma(0.5).hh.m", "--threads", "2");
    List<String> rows = Files.readAllLines(out().resolve("spikes.csv"));
    assertEquals("cell,source,time_ms,time_interp_ms", rows.getFirst());
    Npy v = Npy.read(out().resolve("soma_0.5.v.npy"));
    assertArrayEquals(new int[] {3, 4001}, v.shape());
    for (int c = 0; c < 3; c++) {
      String cell = c + ",";
      double[] spikes = rows.stream().filter(r -> r.startsWith(cell)).mapToDouble(r -> Double.parseDouble(r.split(",")[3]))
          .toArray();
      assertArrayEquals(SpikeTrains.crossings(v.row(c), 0.025, 0), spikes, 1e-9);
      assertEquals(c == 0, spikes.length == 0, "cell 0 has no current");
    }
    assertEquals(1, Arrays.stream(Npy.read(out().resolve("soma_0.5.hh.m.npy")).values()).max().orElse(0), 0.05);

    JsonNode run = description();
    assertEquals(3, run.at("/options/cells").asInt());
    assertEquals(0.025, run.at("/options/dt_ms").asDouble());
    assertEquals("0..0.2", run.at("/set/0/value").asText());
    assertEquals("soma_0.5.v.npy", run.get("record").get("soma(0.5).v").asText());
    assertEquals(rows.size() - 1, run.get("spikes").asInt());
    assertEquals(64, run.at("/cell/sha256").asText().length());
  }

  @Test
  void eachFormOfSetDoesWhatItSays() throws IOException {
    Npy.write(dir.resolve("g.npy"), Npy.Type.F8, new double[] {0.12, 0.06});
    double[][] file = voltages("soma.gnabar=@" + dir.resolve("g.npy"));
    double[][] range = voltages("soma.gnabar=0.12..0.06");
    assertArrayEquals(file, range);
    double[][] whole = voltages("soma.gnabar=0.12");
    double[][] half = voltages("soma.gnabar=*0.5");
    assertArrayEquals(new double[][] {whole[0], half[1]}, file);
    assertFalse(Arrays.equals(whole[0], half[0]));
  }

  private double[][] voltages(String set) {
    simulate("hh", "--force", "--cells", "2", "--tstop", "20", "--stim", "IClamp soma(0.5) delay=2 dur=80 amp=0.1", "--set", set,
        "--record", "soma(0.5).v");
    Npy v = Npy.read(out().resolve("soma_0.5.v.npy"));
    return new double[][] {v.row(0), v.row(1)};
  }

  @Test
  void eventsArriveAtTheirCellAndSlot() throws IOException {
    Path events = Files.writeString(dir.resolve("events.csv"), "time_ms,cell,slot,weight_uS\n5,1,exc,0.05\n5,2,inh,0.05\n");
    simulate("hh", "--cells", "3", "--tstop", "20", "--events", events.toString(), "--record", "soma(0.5).v", "--record-every",
        "0.5", "--precision", "f32", "--rates", "poly");
    Npy v = Npy.read(out().resolve("soma_0.5.v.npy"));
    assertEquals(Npy.Type.F4, v.type());
    assertArrayEquals(new int[] {3, 41}, v.shape());
    assertTrue(Arrays.stream(v.row(1)).max().orElse(0) > 20, "excited");
    assertTrue(Arrays.stream(v.row(2)).min().orElse(0) < -70, "inhibited");
    assertEquals(2, description().at("/events/count").asInt());
  }

  @Test
  void resultsAreReplacedOnlyWhenTold() throws IOException {
    simulate("hh", "--tstop", "1");
    var refused = Command.run("simulate", "hh", "--tstop", "2", "--out", out().toString());
    assertEquals(1, refused.status());
    assertTrue(refused.err().contains("--force"), refused.err());
    assertEquals(1, description().at("/options/tstop_ms").asDouble());
    simulate("hh", "--tstop", "2", "--force");
    assertEquals(2, description().at("/options/tstop_ms").asDouble());
  }

  /** A run that is killed without warning and resumed gives the very files of one that was not. */
  @Test
  void aKilledRunIsResumed() throws Exception {
    String[] run = {"simulate", "hh", "--cells", "8", "--tstop", "5000", "--stim", "IClamp soma(0.5) delay=10 dur=1e9 amp=0.1",
        "--set", "stimulus[0].amp=0.05..0.2", "--record", "soma(0.5).v", "--record", "soma(0.5).ina", "--record-every", "0.1"};
    String checkpointed = "25";
    killAndResume(run, checkpointed, List.of("spikes.csv", "soma_0.5.v.npy", "soma_0.5.ina.npy"));
    var other = Command.run(with(run, "--out", dir.resolve("other").toString(), "--resume", dir.resolve("checkpoint").toString(),
        "--celsius", "7"));
    assertEquals(1, other.status(), "another run does not resume it");
  }

  @Test
  void aKilledRunOfASurrogateIsResumed() throws Exception {
    Path surrogate = dir.resolve("half.safetensors");
    SurrogateRunCommandTest.write(surrogate);
    var events = new StringBuilder("time_ms,cell,slot,weight_uS\n");
    for (int i = 0; i < 40_000; i++) {
      events.append(i * 9.7).append(',').append(i % 50).append(",syn,").append(i % 7).append('\n');
    }
    Path csv = Files.writeString(dir.resolve("events.csv"), events);
    String[] run = {"simulate", surrogate.toString(), "--cells", "50", "--tstop", "400000", "--events", csv.toString(), "--record",
        "soma(0.5).v", "--record-every", "10"};
    killAndResume(run, "1000", List.of("spikes.csv", "soma_0.5.v.npy"));
    assertTrue(Files.size(out().resolve("spikes.csv")) > 1000);
  }

  private void killAndResume(String[] run, String checkpointEvery, List<String> files) throws Exception {
    Command.run(with(run, "--out", dir.resolve("whole").toString())).output();

    Path checkpoint = dir.resolve("checkpoint");
    String[] checkpointed = with(run, "--out", out().toString(), "--checkpoint", checkpoint.toString(), "--checkpoint-every", checkpointEvery);
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Galvani.class.getName()));
    command.addAll(List.of(checkpointed));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(new File(dir.toFile(), "log")).start();
    while (!Files.exists(checkpoint)) {
      assertFalse(process.waitFor(5, TimeUnit.MILLISECONDS), () -> "ended before a checkpoint");
    }
    process.destroyForcibly().waitFor();
    assertFalse(Files.exists(out()), "it was killed before its end");

    Command.run(with(run, "--out", out().toString(), "--resume", checkpoint.toString())).output();
    for (String file : files) {
      assertEquals(-1, Files.mismatch(dir.resolve("whole").resolve(file), out().resolve(file)), file);
    }
  }

  private void simulate(String... arguments) {
    Command.run(with(with(new String[] {"simulate", "--out", out().toString()}, arguments))).output();
  }

  private static String[] with(String[] some, String... more) {
    String[] all = Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }

  private Path out() {
    return dir.resolve("out");
  }

  private JsonNode description() throws IOException {
    return new ObjectMapper().readTree(out().resolve("run.json").toFile());
  }
}
