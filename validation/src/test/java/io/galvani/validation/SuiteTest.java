package io.galvani.validation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.galvani.cable.Mode;
import io.galvani.device.cpu.CpuDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine against NEURON: the cases of this repository, and the reference set where it is at hand. */
class SuiteTest {
  private static final Path ROOT = Path.of(System.getProperty("galvani.root"));
  static final Path OWN = ROOT.resolve("validation/cases");
  static final Path REFERENCE =
      Path.of(System.getProperty("galvani.shared", ROOT.resolve("../shared").toString()), "reference");

  static List<Mode> modes() {
    return Mode.ALL;
  }

  static Stream<Mode> fastModes() {
    return Mode.ALL.stream().filter(m -> !m.isReference());
  }

  @ParameterizedTest
  @MethodSource("modes")
  void ownCases(Mode mode) {
    allPass(OWN, mode);
  }

  @Test
  void reference() {
    requireReference();
    allPass(REFERENCE, Mode.REFERENCE);
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("fastModes")
  void referenceInTheFastModes(Mode mode) {
    requireReference();
    allPass(REFERENCE, mode);
  }

  static void requireReference() {
    if (!Files.isDirectory(REFERENCE)) {
      System.out.println("skipped: " + REFERENCE + " is not here (set -Dgalvani.shared)");
      Assumptions.abort("no reference traces");
    }
  }

  private static void allPass(Path cases, Mode mode) {
    List<Verdict> verdicts = new Suite(CpuDevice.get(), mode, line -> { }).judge(cases);
    assertEquals(List.of(), verdicts.stream().filter(v -> !v.passed()).toList(), mode.toString());
    assertEquals(verdicts.stream().map(Verdict::run).distinct().count(), verdicts.size(), "each run has its own name");
  }
}
