package io.galvani.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.bench.Bench;
import io.galvani.bench.Cases;
import io.galvani.bench.Rounds;
import io.galvani.cable.Precision;
import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.CudaStrategy;
import io.galvani.device.cuda.Multiprocessor;
import io.galvani.device.cuda.StepChoice;
import io.galvani.device.cuda.StepKernel;
import io.galvani.device.cuda.StepVariant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class TuningTest {
  private static final Path ROOT = Path.of(System.getProperty("galvani.root"));

  private static final Multiprocessor M = Multiprocessor.ALL.getLast();

  private static Tuner.Timed timed(int log2, double... ns) {
    return new Tuner.Timed(new StepChoice(StepKernel.shipped(Precision.MIXED).getFirst(), log2), new Rounds(ns));
  }

  @Test
  void theShortestMedianIsTheBest() {
    var timed = List.of(timed(0, 5, 6, 7), timed(1, 4, 4.5, 90), timed(2, 1, 5, 6), timed(3, 4, 4, 6, 6));
    assertEquals(1, Tuner.best(timed).choice().log2());
    assertEquals(5, timed.getLast().ns().median());
    assertEquals(1, timed.get(2).ns().smallest());
    assertEquals(90, timed.get(1).ns().largest());
  }

  @Test
  void argumentsThatAreNotUnderstoodAreNamed() {
    for (var wrong : List.of(List.of("--precision", "f16"), List.of("--precision"), List.of("--rounds", "0"), List.of("--variants", "level_7"),
        List.of("--variants"), List.of("c20x1"))) {
      assertThrows(InputException.class, () -> Tuning.main(wrong, line -> {}), wrong.toString());
    }
  }

  @Test
  void everyVariantHasAStrategyThatShips() {
    assertEquals(List.of(CudaStrategy.values()), Builds.VARIANTS.stream().map(StepVariant::strategy).distinct().toList());
    assertEquals(Builds.VARIANTS.size(), Builds.VARIANTS.stream().distinct().count());
  }

  /** What ships needs no nvcc. */
  @Test
  void figuresOfKernelsThatShip() {
    var kernels = StepKernel.shipped(Precision.MIXED);
    var figures = new StaticFigures(kernels, Precision.MIXED, List.of(M));
    for (StepKernel k : kernels) {
      assertTrue(figures.resources(k, M).registers() > 32 && figures.resources(k, M).registers() <= 128, k.variant().toString());
      var placed = figures.placed(k, M, Cases.load("l5pcx1000")).orElseThrow();
      assertTrue(placed.blocks() > 0 && placed.cells() >= placed.blocks(), placed.toString());
    }
    var lines = new ArrayList<String>();
    figures.print(List.of(Cases.load("c200x1"), Cases.load("c200x9"), Cases.load("l5pcx1")), lines::add);
    String all = String.join("\n", lines);
    assertEquals(1, lines.stream().filter(l -> l.startsWith("  c200 ")).count(), all);
    assertTrue(all.contains("level_256x3") && all.contains("conversion") && !all.contains("0 registers"), all);
  }

  @Test
  void aVariantIsBuiltWhereNvccIs() throws Exception {
    if (Builds.nvcc().isEmpty()) {
      System.out.println("skipped: a variant is built where nvcc is on the PATH");
      Assumptions.abort("no nvcc");
    }
    var variant = StepVariant.parse("level_128x8");
    var kernel = Builds.all(ROOT, List.of(variant, StepKernel.shipped(Precision.F32).getFirst().variant()), Precision.F32).getLast();
    assertEquals(variant, kernel.variant());
    assertFalse(kernel.ships());
    var built = new StaticFigures(List.of(kernel), Precision.F32, List.of(M));
    assertEquals(64, built.resources(kernel, M).registers(), "as few as let eight blocks of 128 threads share 65536");
  }

  @Test
  void withoutAGpuNothingIsTimed() throws Exception {
    Assumptions.assumeTrue(Cuda.absence().isPresent(), "there is a GPU");
    var lines = new ArrayList<String>();
    Tuning.main(List.of("--precision", "f32", "--variants", StepKernel.shipped(Precision.F32).getFirst().variant().toString(), "c200x7"),
        lines::add);
    assertTrue(lines.getFirst().startsWith("No GPU: ") && lines.getFirst().contains("Nothing is timed"), lines.getFirst());
    assertFalse(lines.stream().anyMatch(l -> l.contains("ps per")), lines.toString());
  }

  @Test
  void benchmarksOfADriverThatIsNotHereAreSkipped() throws Exception {
    Assumptions.assumeTrue(Cuda.absence().isPresent(), "there is a GPU");
    Bench.main(new String[] {"LaunchCost|EmulatedRun"});  // fails if JMH runs one
  }
}
