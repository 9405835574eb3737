package io.galvani.validation;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.cable.Mode;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.trace.Npy;
import io.galvani.validation.Verdict.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A judge that passes what is wrong is worth nothing. */
class VerdictTest {
  private static final String CASE = """
      {"format": "galvani-case-1", "case": "c", "cell": {"sections": [{"name": "soma", "L_um": 20, "diam_um": 20,
       "nseg": 1, "cm_uF_cm2": 1, "Ra_ohm_cm": 100, "mechanisms": {"pas": {"g": 1e-4, "e": -70}}}]},
       "runs": [{"name": "rest", "dt_ms": 0.025, "tstop_ms": 0.1, "v_init_mV": -70, "celsius": 6.3,
       "traces": [{"file": "v.npy", "quantity": "v", "section": "soma", "x": 0.5, "unit": "mV"}]}]}
      """;

  @TempDir Path dir;

  @Test
  void passesWhatIsRightAndNothingElse() throws IOException {
    assertTrue(judge(CASE, -70, -70, -70, -70, -70).passed());
    assertFails("v soma(0.5): 2.0e-06 mV, bound 1.0e-06, at 0.075 ms", judge(CASE, -70, -70, -70, -70.000002, -70));
    assertFails("v soma(0.5): NaN", judge(CASE, -70, -70, Double.NaN, -70, -70));
    assertFails("has shape [4] where the run has [5]", judge(CASE, -70, -70, -70, -70));
  }

  @Test
  void whatWeLackFails() throws IOException {
    assertFails("not supported: ", judge(CASE.replace("\"pas\"", "\"hodgkin\""), -70, -70, -70, -70, -70));
    assertFails("not supported: ", judge(CASE.replace("\"v\"", "\"hh.m\""), -70, -70, -70, -70, -70));
    assertFails("not supported: ", judge(CASE.replace("\"celsius\"", "\"stimuli\": [{\"type\": \"SEClamp\"}], \"celsius\""),
        -70, -70, -70, -70, -70));
  }

  @Test
  void anUnknownKeyIsAnError() throws IOException {
    assertFails("runs.json:2: unknown key 'nsegs'. Did you mean 'nseg'?", judge(CASE.replace("\"nseg\"", "\"nsegs\": 3, \"nseg\""), -70));
    assertFails("tstop_ms", judge(CASE.replace("\"tstop_ms\": 0.1,", ""), -70));
    assertFails("galvani-case-2", judge(CASE.replace("case-1", "case-2"), -70));
    assertFails("runs.json:1", judge("[]", -70));
  }

  @Test
  void aFolderWithoutCasesIsSaidSo() {
    var suite = new Suite(CpuDevice.get(), Mode.REFERENCE, line -> { });
    assertThrows(InputException.class, () -> suite.judge(dir));
    assertThrows(InputException.class, () -> suite.judge(dir.resolve("none")));
  }

  @Test
  void nothingComparedIsNoPass() {
    assertFalse(new Verdict("run", List.of(), null).passed());
    assertFalse(new Verdict("run", List.of(new Finding("v", 0, Double.NaN, 1, "mV", "")), null).passed());
  }

  private Verdict judge(String json, double... v) throws IOException {
    Path folder = Files.createDirectories(dir.resolve("cases/c"));
    Files.createDirectories(dir.resolve("cases/prose"));
    Files.writeString(folder.resolve("runs.json"), json);
    Npy.write(folder.resolve("v.npy"), Npy.Type.F8, v);
    var lines = new ArrayList<String>();
    Verdict verdict = new Suite(CpuDevice.get(), Mode.REFERENCE, lines::add).judge(dir.resolve("cases")).getFirst();
    assertTrue(lines.getLast().contains("prose  is not a case"));
    return verdict;
  }

  private static void assertFails(String saying, Verdict verdict) {
    assertFalse(verdict.passed());
    assertTrue(verdict.toString().contains(saying), verdict.toString());
  }
}
