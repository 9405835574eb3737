package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.device.cuda.Cuda;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
  @Test
  void listsCellsAndMechanisms() {
    assertTrue(Command.run("cells").output().contains("l5pc"));
    String all = Command.run("mechanisms").output();
    assertTrue(all.contains("CaDynamics_E2") && all.contains("synapse"), all);
    String one = Command.run("mechanisms", "Exp2Syn").output();
    assertTrue(one.contains("tau2") && one.contains("ms") && one.contains("states: A, B"), one);
    var unknown = Command.run("mechanisms", "Exp3Syn");
    assertEquals(1, unknown.status());
    assertTrue(unknown.err().contains("Did you mean 'Exp2Syn'?"), unknown.err());
  }

  @Test
  void theDoctorFindsTheNativeLibrary() {
    String found = Command.run("doctor").output();
    assertTrue(found.lines().allMatch(l -> l.startsWith("ok") || l.startsWith("none     cuda ")), found);
    assertTrue(found.contains("ok       cpu ") && found.contains(" cuda "), found);
  }

  @Test
  void aDeviceThatIsNotHereIsNamedInOneLine(@TempDir Path dir) {
    Assumptions.assumeTrue(Cuda.absence().isPresent(), "there is a GPU");
    String cases = Path.of(System.getProperty("galvani.root"), "validation/cases/iclamp_edges").toString();
    for (var run : List.of(Command.run("validate", cases, "--device", "cuda"),
        Command.run("simulate", "hh", "--tstop", "1", "--out", dir.resolve("out").toString(), "--device", "cuda"))) {
      assertEquals(1, run.status());
      assertTrue(run.err().contains("No GPU: " + Cuda.absence().get()) && run.err().strip().lines().count() == 1, run.err());
    }
  }

  @Test
  void validateFailsUnlessEveryRunPasses(@TempDir Path dir) throws IOException {
    Path own = Path.of(System.getProperty("galvani.root"), "validation/cases");
    assertTrue(Command.run("validate", own.resolve("iclamp_edges").toString()).output().contains("9 of 9 runs pass"));

    Path bad = Files.createDirectory(dir.resolve("bad"));
    try (var files = Files.list(own.resolve("iclamp_edges"))) {
      for (Path f : files.toList()) {
        Files.copy(f, bad.resolve(f.getFileName()));
      }
    }
    Path runs = bad.resolve("runs.json");
    Files.writeString(runs, Files.readString(runs).replaceFirst("\"amp_nA\": 0.1", "\"amp_nA\": 0.1000001"));
    var failed = Command.run("validate", bad.toString());
    assertEquals(1, failed.status());
    assertTrue(failed.out().contains("FAIL  iclamp_edges/on_grid") && failed.out().contains("8 of 9 runs pass"), failed.out());
  }

  @Test
  void helpAndVersionAreNoFailures() {
    assertTrue(Command.run("--version").output().startsWith("galvani "));
    assertTrue(Command.run("simulate", "--help").output().contains("--record"));
    assertTrue(Command.run().output().contains("simulate"));
    assertEquals(2, Command.run("simualte").status());
  }
}
