package io.galvani.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.GalvaniException;
import io.galvani.bench.Cases;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.device.cuda.StepKernel;
import io.galvani.device.cuda.TuningCache;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tuning on the emulated driver: that something is chosen and kept. How long it took says nothing. */
@Tag("cuda-emulated")
class TunerTest {
  @TempDir
  Path dir;

  @Test
  void theBestIsKeptAndFound() {
    var cache = new TuningCache(dir, line -> {});
    var tuner = new Tuner(CudaDevice.get(), Precision.F32, 2);
    var load = Cases.load("singlex3");
    var lines = new ArrayList<String>();
    Tuning.tune(tuner, load, StepKernel.shipped(Precision.F32), cache, lines::add);
    for (Rates r : Rates.values()) {
      var kept = cache.find(CudaDevice.get().key(load.subject().cell(), tuner.options(load, r))).orElseThrow();
      assertEquals(r, kept.kernel().variant().rates());
      String line = load + ", " + r.name().toLowerCase(Locale.ROOT) + " rates: " + kept + " is kept, in " + dir;
      assertTrue(lines.contains(line), lines.toString());
    }
    assertEquals(tuner.choices(load, StepKernel.shipped(Precision.F32)).size(),
        lines.stream().filter(l -> l.matches("(level|stream|thread)_\\w+ .*")).count());
  }

  @Test
  void aResultThatDiffersIsRefused() {
    var tuner = new Tuner(CudaDevice.get(), Precision.MIXED, 1);
    var load = Cases.load("c200x2");
    double[][] reference = tuner.reference(load, Rates.EXACT);
    var choice = tuner.choices(load, StepKernel.shipped(Precision.MIXED)).getFirst();
    tuner.requireAgreement(load, choice, reference);
    reference[1][17] += 0.02;
    var e = assertThrows(GalvaniException.class, () -> tuner.requireAgreement(load, choice, reference));
    assertTrue(e.getMessage().contains("in cell 1 after 17 steps"), e.getMessage());
  }

  @Test
  void theCommandPrintsNoTimes() throws Exception {
    var lines = new ArrayList<String>();
    Tuning.main(List.of(), lines::add);
    assertTrue(lines.get(1).startsWith("This driver is emulated"), lines.toString());
    assertTrue(lines.getLast().contains("agree with the CPU"), lines.toString());
    assertFalse(lines.stream().anyMatch(l -> l.contains("ps per") || l.contains("is kept")), lines.toString());
  }
}
