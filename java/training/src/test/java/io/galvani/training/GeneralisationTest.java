package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.Surrogates;
import io.galvani.trace.TraceScores;
import io.galvani.training.Generalisation.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The experiments, with the surrogate that comes with Galvani. */
class GeneralisationTest {
  @TempDir Path dir;
  private final List<String> told = new ArrayList<>();
  private final Generalisation g = new Generalisation(TestProtocol.get(), Surrogates.load("ball-streaming"), "ball-streaming",
      CpuDevice.get(), 16, 1, told::add);

  private Finding finding(String experiment, String quantity) {
    return g.findings().stream().filter(f -> f.experiment().startsWith(experiment) && f.quantity().startsWith(quantity)).findFirst()
        .orElseThrow();
  }

  @Test
  void otherInput() {
    g.input();
    assertEquals(7, told.size());
    assertTrue(finding("as in training", "explained variance").surrogate() > 0.95);
    // What the cell does is known: a leaky sphere of 19.6 nS and its hh conductances under an alpha function of 2 ms.
    double slope = finding("weights", "slope").cell();
    assertTrue(slope > 1.5 && slope < 4, slope + " mV/nS");
    // The largest weights bring the cell next to its threshold; what lies below is as straight as the cell's.
    var single = g.curves().getFirst();
    assertEquals(3.2, single.at()[31], 1e-9);
    assertTrue(TraceScores.correlation(Arrays.copyOf(single.cell(), 32), Arrays.copyOf(single.surrogate(), 32)) > 0.98);
    assertTrue(finding("weights", "r of").surrogate() > 0.9);
    for (String changed : List.of("random weights", "4 synapses", "30 % of the events")) {
      assertTrue(finding(changed, "precision").surrogate() > 0.8, changed);
      assertTrue(finding(changed, "firing rate").surrogate() > 1, changed);
    }
    // The more inhibition, the less it fires; the more of both, the more.
    double[] little = g.curves().get(1).cell();
    double[] much = g.curves().get(2).cell();
    assertTrue(little[7] > 1.1 * much[7], little[7] + " and " + much[7] + " Hz");
    assertTrue(little[7] > little[1]);
    assertTrue(finding("E:I 2:1", "R²").surrogate() > 0.9);
    assertArrayEquals(g.curves().get(1).at(), g.curves().get(2).at());
    assertEquals(320, g.curves().get(1).at()[7], 1e-9);
  }

  /** A cell of twice the sodium: the surrogate of the old one misses what it does. Nothing was fitted here, so "fitted" is no better. */
  @Test
  void anotherCell() throws IOException {
    Path cell = dir.resolve("more.yaml");
    Files.writeString(cell, """
        sections:
          soma: {L: 25, diam: 25}
        regions:
          soma:
            mechanisms:
              hh: {gnabar: 0.24}
              pas: {g: 0.001, e: -70}
        slots:
          exc: {at: soma(0.5), kind: AlphaSynapse, tau: 2, e: 0, weight: 0.0025}
          inh: {at: soma(0.5), kind: AlphaSynapse, tau: 1, e: -90, weight: 0.008}
        """);
    g.changed(cell.toString(), Surrogates.load("ball-streaming"), "ball-streaming");
    assertEquals(finding("cell more.yaml, not", "recall").surrogate(), finding("cell more.yaml, fitted", "recall").surrogate());
    assertTrue(finding("cell more.yaml, not", "recall").surrogate() < 0.9);
    var moved = g.findings().stream().filter(f -> f.quantity().startsWith("the voltage moves")).toList();
    assertEquals(2, moved.size());
    assertTrue(Math.abs(moved.get(1).cell()) > 0.01, moved.get(1).toString());
    moved.forEach(f -> assertEquals(0, f.surrogate()));
  }
}
