package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Location;
import io.galvani.Slot;
import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Channel;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Normalisation;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SlotInput;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.Tensor;
import io.galvani.trace.Npy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code surrogate run} and {@code simulate} with a network that can be computed by hand: v ← v/2 + in, two times over. */
class SurrogateRunCommandTest {
  @TempDir Path dir;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = dir.resolve("half.safetensors");
    write(file);
  }

  /** One slot, {@code syn}; v in units of 10 mV above −70, at rest −65 mV; spikes at −50 mV. */
  static void write(Path file) throws IOException {
    var dense = new Layer.Dense("d", Tensor.of(new float[] {0, 0, 0.5f, 1}, 4, 1), Tensor.of(new float[1], 1), Activation.LINEAR);
    var network = Network.of("half", 2, 2, List.of(new Layer.Flatten("f"), new Layer.RepeatVector("r", 2), dense));
    var v = new Channel("v", "mV", new Normalisation(1, Double.POSITIVE_INFINITY, 1, -70, 10), -65);
    var in = new Channel("in", "uS", new Normalisation(1, Double.POSITIVE_INFINITY, 1, 0, 0.5));
    var slot = new SlotInput(new Slot(0, "syn", Location.parse("soma(0.5)"), "ExpSyn", 1), 1);
    var plain = Surrogate.of("half", network);
    var output = plain.outputs().getFirst();
    SurrogateFile.write(file, new Surrogate("half", "", 1, network, List.of(v, in),
        List.of(new Output("v", "mV", v.normalisation(), 0, output.outputAffine(), output.feedbackAffine(), output.gain())),
        List.of(slot), Optional.of(new SpikeRule(0, SpikeRule.Kind.CROSSING, -50, 0)), Provenance.UNKNOWN));
  }

  private Path array(String name, double[] values, int... shape) throws IOException {
    Path to = dir.resolve(name);
    Npy.Type.F8.of(values, shape).write(to);
    return to;
  }

  @Test
  void predictsWindows() throws IOException {
    Path x = array("x.npy", new double[] {9, 9, 4, 1, 9, 9, 2, 0, 9, 9, 0, 3}, 3, 2, 2);
    Path y = dir.resolve("y.npy");
    Path m = dir.resolve("m.npy");
    Command.run("surrogate", "run", file.toString(), "--windows", x.toString(), "--out", y.toString(), "--mean", m.toString()).output();
    assertArrayEquals(new int[] {3, 2, 1}, Npy.read(y).shape());
    assertArrayEquals(new double[] {3, 3, 1, 1, 3, 3}, Npy.read(y).values());
    assertArrayEquals(new int[] {3, 1}, Npy.read(m).shape());
    assertArrayEquals(new double[] {3, 1, 3}, Npy.read(m).values());
    assertEquals(Npy.Type.F4, Npy.read(m).type());
  }

  @Test
  void runsInClosedLoop() throws IOException {
    Path start = array("w.npy", new double[] {0, 0, 4, 1, 0, 0, 0, 0}, 2, 2, 2);
    Path y = dir.resolve("y.npy");
    Path dense = array("e.npy", new double[] {0, 1, 5, 2, 0, 5}, 2, 3, 1);
    for (String precision : List.of("f64", "f32", "bf16")) {
      Command.run("surrogate", "run", file.toString(), "--start", start.toString(), "--steps", "3", "--events", dense.toString(), "--out",
          y.toString(), "--precision", precision).output();
      assertArrayEquals(new int[] {2, 3, 1}, Npy.read(y).shape());
      assertArrayEquals(new double[] {3, 1.5, 1.75, 0, 2, 1}, Npy.read(y).values());
    }
    Path csv = Files.writeString(dir.resolve("e.csv"), "time_ms,cell,slot,weight_uS\n0,1,syn,0.5\n2.5,0,syn,1\n");
    Command.run("surrogate", "run", file.toString(), "--start", start.toString(), "--steps", "3", "--events", csv.toString(), "--out",
        y.toString(), "--precision", "f64").output();
    assertArrayEquals(new double[] {3, 1.5, 2.75, 1, 0.5, 0.25}, Npy.read(y).values());
  }

  @Test
  void simulatesAsACell() throws IOException {
    Path csv = Files.writeString(dir.resolve("e.csv"), "time_ms,cell,slot,weight_uS\n1,1,syn,0.75\n");
    Path out = dir.resolve("out");
    Command.run("simulate", file.toString(), "--cells", "2", "--tstop", "4", "--events", csv.toString(), "--record", "soma(0.5).v", "--precision",
        "f64", "--out", out.toString()).output();
    // v in units of 10 mV above −70: 0.5 at rest, halved each ms; 1.5 arrives at 1 ms.
    assertArrayEquals(new double[] {-65, -67.5, -68.75, -69.375, -69.6875}, Npy.read(out.resolve("soma_0.5.v.npy")).row(0), 1e-12);
    assertArrayEquals(new double[] {-65, -67.5, -53.75, -61.875, -65.9375}, Npy.read(out.resolve("soma_0.5.v.npy")).row(1), 1e-12);
    assertEquals("cell,source,time_ms,time_interp_ms\n", Files.readString(out.resolve("spikes.csv")));
    assertTrue(Files.readString(out.resolve("run.json")).contains("\"surrogate\""));
  }

  private static String[] with(String[] run, String... more) {
    String[] all = Arrays.copyOf(run, run.length + more.length);
    System.arraycopy(more, 0, all, run.length, more.length);
    return all;
  }

  @Test
  void whatIsWrongIsOneSentence() throws IOException {
    Path x = array("x.npy", new double[6], 1, 3, 2);
    Path nan = array("nan.npy", new double[] {0, 0, Double.NaN, 0}, 1, 2, 2);
    Path start = array("w.npy", new double[4], 1, 2, 2);
    Path e = array("e.npy", new double[4], 2, 2, 1);
    Path y = dir.resolve("y.npy");
    refused("has shape [1, 3, 2]. It takes [N, 2, 2]", "--windows", x.toString());
    refused("value 2: NaN is not a finite number", "--windows", nan.toString());
    refused("--steps: 0 is below 1", "--start", start.toString(), "--steps", "0");
    refused("holds 2 cells, and --start 1", "--start", start.toString(), "--steps", "2", "--events", e.toString());
    refused("unknown precision 'mixed'", "--windows", start.toString(), "--precision", "mixed");
    assertFalse(Files.exists(y));
    for (String[] option : new String[][] {{"--stim", "IClamp soma(0.5) amp=1"}, {"--set", "soma.cm=2"}, {"--dt", "0.1"}, {"--v-init", "-60"},
        {"--celsius", "30"}, {"--rates", "poly"}}) {
      var run = Command.run("simulate", file.toString(), "--out", dir.resolve("out").toString(), option[0], option[1]);
      assertEquals(1, run.status());
      assertTrue(run.err().contains(option[0]) && run.err().contains("a surrogate has nothing that it could change"), run.err());
    }
    assertFalse(Files.exists(dir.resolve("out")));
  }

  private void refused(String says, String... options) {
    var run = Command.run(with(with(new String[] {"surrogate", "run", file.toString(), "--out", dir.resolve("y.npy").toString()}), options));
    assertEquals(1, run.status(), run.err());
    assertTrue(run.err().contains(says), run.err());
    assertFalse(run.err().contains("should not have happened"), run.err());
  }
}
