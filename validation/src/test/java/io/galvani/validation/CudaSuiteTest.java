package io.galvani.validation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.galvani.cable.Mode;
import io.galvani.device.cuda.CudaDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The GPU against NEURON, in sizes that a stand-in for it can run: on the emulated driver the small cells whole and 40 ms of each run
 * of the layer-5 cell around its first spike; by the PTX interpreter, which takes some 10 ms for a step of that cell, less.
 */
@Tag("cuda")
@Tag("cuda-emulated")
@Tag("cuda-ptx")
@Tag("cuda-gpu")
class CudaSuiteTest {
  private static final String DRIVER = System.getProperty("galvani.gpu", "");
  private static final double EMULATED = 40;  // ms of a run of the layer-5 cell
  private static final double INTERPRETED = 2;

  /** Where runs without a spike are of interest, ms. */
  private static final Map<String, Double> QUIET = Map.of("hay_bac/EPSP", 300.0);

  @BeforeAll
  static void requireDriver() {
    Path interpreter = Path.of(System.getProperty("galvani.interpreter", "."), "libcuda.so.1");
    if (DRIVER.equals("ptx") && !Files.exists(interpreter)) {
      System.out.println("skipped: there is no PTX interpreter (" + interpreter + ")");
      Assumptions.abort("no PTX interpreter");
    }
  }

  private static Optional<Excerpt> choose(String run, double tstop, double[] spikes) {
    boolean large = run.startsWith("hay_") && !run.startsWith("hay_passive/");
    if (DRIVER.equals("real")) {
      return Excerpt.Choice.WHOLE.of(run, tstop, spikes);
    }
    if (DRIVER.equals("ptx")) {
      return large ? Optional.of(around(run, spikes, INTERPRETED))
          : run.equals("hh_squid/I0.1nA_exact") || run.startsWith("passive_tree/") ? Optional.of(new Excerpt(0, tstop))
          : run.equals("ball/s103_exact") ? Optional.of(new Excerpt(20, 40)) : Optional.empty();
    }
    return Optional.of(large ? around(run, spikes, EMULATED) : new Excerpt(0, tstop));
  }

  private static Excerpt around(String run, double[] spikes, double ms) {
    double middle = Math.rint(spikes.length > 0 ? spikes[0] : QUIET.get(run));
    return new Excerpt(middle - ms / 2, middle + ms / 2);
  }

  private static void allPass(Path cases, Mode mode, Excerpt.Choice choice) {
    List<Verdict> verdicts = new Suite(CudaDevice.get(), mode, choice, line -> { }).judge(cases);
    assertFalse(verdicts.isEmpty());
    assertEquals(List.of(), verdicts.stream().filter(v -> !v.passed()).toList(), mode.toString());
  }

  @Test
  void reference() {
    SuiteTest.requireReference();
    allPass(SuiteTest.REFERENCE, Mode.REFERENCE, CudaSuiteTest::choose);
  }

  /** The cases of this repository, which hold every mechanism; the larger cells briefly. */
  @ParameterizedTest
  @MethodSource("modes")
  void ownCases(Mode mode) {
    double most = DRIVER.equals("ptx") ? 1 : DRIVER.equals("emulated") ? 20 : Double.POSITIVE_INFINITY;
    allPass(SuiteTest.OWN, mode, (run, tstop, spikes) -> Optional.of(new Excerpt(0, Math.min(tstop, most))));
  }

  static List<Mode> modes() {
    return Mode.ALL;
  }
}
