package io.galvani.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Stimulus;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A GPU steps a cell as was found best for it. */
@NeedsGpu
class TunedPopulationTest {
  @TempDir
  Path dir;

  @Test
  void theDeviceTakesWhatWasFoundBest() {
    var cell = SmallCells.synaptic().build().compile();
    var options = CableOptions.of(cell).cells(3).stimulus(Stimulus.iClamp(SmallCells.SOMA, 0, 1, 0.3));
    var device = CudaDevice.get();
    var cache = new TuningCache(dir, line -> {});
    StepKernel stream = StepKernel.shipped(CudaStrategy.STREAM, options.precision(), options.rates());
    cache.keep(device.key(cell.withoutSlots(), options), new StepChoice(stream, 1));
    double[][] expected;
    try (var untuned = (CudaPopulation) device.population(cell, options, new TuningCache(dir.resolve("none"), line -> {}))) {
      assertEquals(CudaStrategy.LEVEL, untuned.shape().strategy());
      expected = run(untuned);
    }
    try (var tuned = (CudaPopulation) device.population(cell, options, cache)) {
      assertEquals(CudaStrategy.STREAM, tuned.shape().strategy());
      assertEquals(2, tuned.shape().cells());
      double[][] found = run(tuned);
      for (int c = 0; c < expected.length; c++) {
        assertArrayEquals(expected[c], found[c], "strategies differ in nothing but where they keep things");
      }
    }
  }

  /**
   * More lanes a cell than a warp has, as many, and fewer, on a tree with rounds of several warps; a pack whose size the compiler knows:
   * these differ, nothing else.
   */
  @ParameterizedTest
  @ValueSource(strings = {"level_64x4_lanes16", "level_64x4_cells4"})
  @DisabledIfSystemProperty(named = "galvani.gpu", matches = "ptx|real", disabledReason = "the emulated driver alone has these kernels")
  void lanesAndPacksDoNotShow(String name) {
    var cell = SmallCells.bush();
    var options = CableOptions.of(cell).cells(5).stimulus(Stimulus.iClamp(SmallCells.SOMA, 0, 1, 0.3));
    StepVariant variant = StepVariant.parse(name);
    double[][] expected;
    try (var usual = CudaDevice.get().population(cell, options, CudaStrategy.LEVEL, 1)) {
      expected = run(usual);
    }
    List<Integer> sizes = PackShape.sizes(variant, PackShape.Demand.of(cell, options), 5, 1 << 16);
    assertFalse(sizes.isEmpty());
    for (int log2 : sizes) {
      var choice = new StepChoice(TuningCacheTest.built(variant, options.precision()), log2);
      try (var p = (CudaPopulation) CudaDevice.get().population(cell, options, choice)) {
        assertTrue(variant.lanes() == 0 || variant.lanes() == p.shape().lanes());
        assertTrue(variant.cells() == 0 || variant.cells() == p.shape().cells());
        double[][] found = run(p);
        for (int c = 0; c < expected.length; c++) {
          assertArrayEquals(expected[c], found[c], choice.toString());
        }
      }
    }
  }

  private static double[][] run(CudaPopulation population) {
    var v = population.record(SmallCells.V, 1);
    population.advance(0.5, new Spikes());
    return v.drain();
  }
}
