package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Probe;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.training.Protocol.Use;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DirectRunsTest {
  private final Protocol protocol = TestProtocol.get();
  private final CableOptions options = CableOptions.of(protocol.compile());
  private final DirectRuns runs = new DirectRuns(protocol, protocol.compile(), CpuDevice.get(), options);

  @Test
  void inputIsPoissonOfTheRateThatIsAskedFor() {
    var sites = protocol.sites(protocol.compile());
    double[] count = new double[2];
    int coincident = 0;
    for (int t = 0; t < 2000; t++) {
      byte[][] events = DirectRuns.draw(protocol, sites, Use.TEST, t);
      for (int c = 0; c < 2; c++) {
        for (byte n : events[c]) {
          count[c] += n;
          coincident += n > 1 ? 1 : 0;
        }
      }
    }
    // Over 2000 traces of 0.4 s with a mean scale of 2; standard errors 1.3 % of scale, 0.3 and 0.5 % of counts.
    assertEquals(160, count[0] / 800, 8);
    assertEquals(60, count[1] / 800, 3);
    assertTrue(coincident > 1000);
  }

  @Test
  void aTraceDependsOnItsNumberAlone() {
    var all = runs.run(Use.TRAINING, 0, 20, row -> { });
    var some = runs.run(Use.TRAINING, 3, 2, row -> { });
    assertArrayEquals(all.events()[4].dense(), some.events()[1].dense());
    assertArrayEquals(all.outputs()[4][0], some.outputs()[1][0], 1e-4f);
    assertFalse(Arrays.deepEquals(all.events()[3].dense(), runs.run(Use.TEST, 3, 1, row -> { }).events()[0].dense()));
    for (byte[] channel : all.events()[19].dense()) {
      assertArrayEquals(new byte[600], channel); // every 20th is silent
    }
  }

  /** Rows against a run of one cell that is recorded at every step. */
  @Test
  void samplesLieWhereTheyShouldAndPeaksAreKept() {
    var traces = runs.run(Use.TEST, 0, 8, row -> { });
    var sites = protocol.sites(protocol.compile());
    int spikes = 0;
    for (int c = 0; c < 8; c++) {
      double[] v;
      double[] ina;
      try (var one = CpuDevice.get().population(protocol.compile(), options)) {
        var fine = one.record(Probe.parse("soma(0.5).v"), 1);
        var current = one.record(Probe.parse("soma(0.5).ina"), 40);
        one.advance(DirectRuns.queue(sites, Drive.of(new byte[][][] {traces.events()[c].dense()}), 0, 400, 1), 400, new Spikes());
        v = fine.drain()[0];
        ina = current.drain()[0];
      }
      for (int r = 0; r < 400; r++) {
        assertEquals(ina[r + 1], traces.outputs()[c][1][r], 1e-6 * Math.max(1, Math.abs(ina[r + 1])));
        if (traces.spikes()[c][r] == 0) {
          assertEquals(v[40 * (r + 1)], traces.outputs()[c][0][r], 1e-4);
          continue;
        }
        spikes++;
        double peak = Arrays.stream(v, 40 * r, Math.min(v.length, 40 * (r + 2) + 1)).max().orElseThrow();
        assertEquals(peak, traces.outputs()[c][0][r], 1e-4);
        assertTrue(v[40 * (r + 1)] >= v[40 * r] || peak == v[40 * (r + 1)]);
      }
      int falls = 0; // a spike at the very end is none yet
      for (int k = 1; k < v.length; k++) {
        falls += v[k - 1] >= -20 && v[k] < -20 ? 1 : 0;
      }
      int marked = 0;
      for (byte s : traces.spikes()[c]) {
        marked += s;
      }
      assertEquals(falls, marked);
    }
    assertTrue(spikes > 20, spikes + " spikes");
  }
}
