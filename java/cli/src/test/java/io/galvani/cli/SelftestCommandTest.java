package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.galvani.device.cuda.Cuda;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The self-test on the emulated driver, in a JVM of its own: which driver there is is settled when it starts. */
class SelftestCommandTest {
  private static final Path ROOT = Path.of(System.getProperty("galvani.root"));

  @TempDir
  Path dir;

  private record Ended(int status, String output, JsonNode json) {
    /** Whether a kernel passed. */
    boolean passed(String kernel) {
      for (JsonNode k : json.get("kernels")) {
        if (k.get("kernel").asText().equals(kernel)) {
          return k.get("passed").asBoolean();
        }
      }
      throw new AssertionError(kernel + " is not in " + json);
    }
  }

  private Ended run(Map<String, String> environment) throws Exception {
    Path emulator = ROOT.resolve("native/target/emulator");
    var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Galvani.class.getName(), "selftest",
        "--cases", ROOT.resolve("validation/cases/iclamp_edges").toString(), "--first", "2", "--out", dir.toString()).redirectErrorStream(true);
    builder.environment().putAll(Map.of("LD_LIBRARY_PATH", emulator.toString(), "GALVANI_EMULATED_KERNELS", emulator.toString()));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    return new Ended(process.waitFor(), output, new ObjectMapper().readTree(dir.resolve("selftest.json").toFile()));
  }

  @Test
  void everyKernelRunsAndAgrees() throws Exception {
    Ended ended = run(Map.of());
    assertEquals(0, ended.status, ended.output);
    assertTrue(ended.output.contains("Not timed: the driver is a stand-in"), ended.output);
    assertTrue(ended.output.contains("checks pass"), ended.output);
    for (String kernel : List.of("probe", "cable_level_f64", "cable_stream_mixed", "cable_thread_f32", "cable_level_poly_mixed",
        "cable_thread_poly_f64", "cable_tables_f64", "surrogate_f64", "surrogate_mma_bf16", "surrogate_lstm_f32", "surrogate_ahead_mma_f32")) {
      assertTrue(ended.passed(kernel), kernel);
    }
    assertEquals(54, ended.json.get("cases").size());
    String text = Files.readString(dir.resolve("selftest.txt"));
    assertTrue(text.lines().allMatch(ended.output::contains), text);
  }

  @Test
  void aDeviceThatIsLostFailsByName() throws Exception {
    Ended ended = run(Map.of("GALVANI_EMULATOR_LOSE_AFTER", "40"));
    assertEquals(1, ended.status, ended.output);
    assertTrue(ended.passed("probe"));
    assertFalse(ended.passed("cable_level_f64"));
    assertTrue(ended.output.contains("FAIL  cable_level_f64") && ended.output.contains("checks FAIL"), ended.output);
  }

  @Test
  void withoutAGpuItSaysSo() {
    Assumptions.assumeTrue(Cuda.absence().isPresent(), "there is a GPU");
    var none = Command.run("selftest", "--out", dir.toString());
    assertEquals(1, none.status());
    assertTrue(none.err().contains("No GPU: "), none.err());
    assertEquals(1, Command.run("selftest", "--device", "cpu").status());
    assertEquals(1, Command.run("selftest", "--first", "-1").status());
  }
}
