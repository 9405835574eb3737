package io.galvani.validation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Location;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Stimulus;
import io.galvani.cell.CellModel;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.CompiledCell.NodeKind;
import io.galvani.cell.NsegRule;
import io.galvani.device.cpu.CpuDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine against what theory says, without any other simulator. */
class TheoryTest {
  private static final double G = 1e-4;  // S/cm2
  private static final double E = -70;   // mV
  private static final Location MIDDLE = new Location("soma", 0.5);

  /** Rall: V(x) of a sealed cable of length L with a current at its middle, in the steady state. */
  @Test
  void aCableInItsSteadyStateFollowsTheCableEquation() {
    double L = 1000;
    double diam = 2;
    double Ra = 150;
    double lambda = 1e4 * Math.sqrt(diam * 1e-4 / (4 * Ra * G));                                  // µm
    double r = 1e-6 * Ra * lambda * 1e-4 / (Math.PI * diam * diam / 4 * 1e-8);                    // MΩ, half-infinite
    double amp = 0.1;
    double[] error = new double[2];
    for (int i = 0; i < 2; i++) {
      int nseg = i == 0 ? 101 : 303;
      var cell = passive(L, diam, Ra, nseg);
      var v = run(cell, CableOptions.of(cell).vInit(E).stimulus(Stimulus.iClamp(MIDDLE, 0, 1e9, amp)), 500, "v");
      for (int k = 0; k < nseg; k++) {
        double away = Math.abs((k + 0.5) / nseg - 0.5) * L;
        double theory = E + amp * r * Math.cosh(L / 2 / lambda) * Math.cosh((L / 2 - away) / lambda) / Math.sinh(L / lambda);
        error[i] = Math.max(error[i], Math.abs(v.get(k)[v.get(k).length - 1] - theory));
      }
    }
    assertTrue(error[0] < 0.01, "largest error " + error[0] + " mV");
    assertEquals(9, error[0] / error[1], 0.5, "error falls with the square of the segments' length");
  }

  /** A compartment's charging curve is V = IR(1 − exp(−t/τ)); backward Euler gives (1 + dt/τ)^−n for the exponential. */
  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.025, 0.00625})
  void anRcCircuitChargesAsBackwardEulerSays(double dt) {
    var cell = passive(20, 20, 100, 1);
    double area = Math.PI * 20 * 20;           // µm2
    double tau = 1e-3 * 1 / G;                 // ms, for 1 µF/cm2
    double rise = 0.02 / (1e-2 * area * G);    // nA/µS = mV
    double[] v = run(cell, CableOptions.of(cell).vInit(E).dt(dt).stimulus(Stimulus.iClamp(MIDDLE, 0, 1e9, 0.02)), 50, "v")
        .getFirst();
    double offTheory = 0;
    for (int n = 0; n < v.length; n++) {
      assertEquals(E + rise * (1 - Math.pow(1 + dt / tau, -n)), v[n], 1e-10);
      offTheory = Math.max(offTheory, Math.abs(v[n] - E - rise * (1 - Math.exp(-n * dt / tau))));
    }
    // The largest error of first order is rise·(dt/2τ)·x·exp(−x) at x = 1.
    assertEquals(1, offTheory / (rise * dt / (2 * tau) * Math.exp(-1)), 0.02);
  }

  @ParameterizedTest
  @CsvSource({"NaTa_t, ena, 50", "NaTs2_t, ena, 50", "Nap_Et2, ena, 50", "K_Tst, ek, -85", "K_Pst, ek, -85", "SKv3_1, ek, -85",
      "Im, ek, -85", "Ih, ehcn, -45", "pas, e, -63"})
  void atItsReversalPotentialAChannelLeavesTheVoltageAlone(String channel, String reversal, double e) {
    var parameters = channel.equals("pas") ? Map.of("g", 0.1, reversal, e) : Map.of("g" + channel + "bar", 0.1, reversal, e);
    var cell = CellModel.builder(channel).cylinder("soma", 20, 20).insert("soma", channel, parameters).build().compile();
    for (double v : run(cell, CableOptions.of(cell).vInit(e), 20, "v").getFirst()) {
      assertEquals(e, v, 1e-12);
    }
  }

  /** What is injected equals what loads the membrane and what crosses it, step by step summed over the whole tree. */
  @Test
  void chargeIsConserved() {
    var cell = tree();
    double amp = 2;
    double tstop = 20;
    double dt = 0.025;
    var options = CableOptions.of(cell).dt(dt).stimulus(Stimulus.iClamp(new Location("soma", 0.5), 0, 1e9, amp));
    List<double[]> v = run(cell, options, tstop, "v");
    List<double[]> m = run(cell, options, tstop, "hh.m");
    List<double[]> h = run(cell, options, tstop, "hh.h");
    List<double[]> n = run(cell, options, tstop, "hh.n");
    assertTrue(Arrays.stream(v.getFirst()).max().orElse(0) > 0, "there is a spike");
    double loaded = 0;   // pC
    double crossed = 0;
    double moved = 0;
    for (int j = 0, i = 0; i < cell.nodes().count(); i++) {
      if (cell.nodes().kind()[i] != NodeKind.SEG) {
        continue;
      }
      double area = 1e-2 * cell.nodes().area()[i];
      double[] u = v.get(j);
      loaded += area * 1e-3 * cell.nodes().cm()[i] * (u[u.length - 1] - u[0]);
      for (int k = 1; k < u.length; k++) {
        // The step's conductances are those of its start, its driving forces those of its end.
        double ina = 0.12 * Math.pow(m.get(j)[k - 1], 3) * h.get(j)[k - 1] * (u[k] - 50);
        double ik = 0.036 * Math.pow(n.get(j)[k - 1], 4) * (u[k] + 77);
        double leak = 0.0003 * (u[k] + 54.3);
        crossed += area * dt * (ina + ik + leak);
        moved += area * dt * (Math.abs(ina) + Math.abs(ik) + Math.abs(leak));
      }
      j++;
    }
    assertEquals(amp * tstop, loaded + crossed, 1e-9 * moved);
  }

  /** Halving dt halves the error, on the flanks of spikes too. */
  @Test
  void theSchemeIsOfFirstOrderInDt() {
    var cell = tree();
    double[][] v = new double[3][];
    for (int i = 0; i < 3; i++) {
      double dt = 0.00625 / (1 << i);
      var options = CableOptions.of(cell).dt(dt).stimulus(Stimulus.iClamp(MIDDLE, 1, 1e9, 2));
      v[i] = run(cell, options, 8, "v").getFirst();
    }
    double coarse = 0;
    double fine = 0;
    for (int k = 0; k < v[0].length; k++) {
      coarse = Math.max(coarse, Math.abs(v[0][k] - v[1][2 * k]));
      fine = Math.max(fine, Math.abs(v[1][2 * k] - v[2][4 * k]));
    }
    assertEquals(2, coarse / fine, 0.15);
  }

  private static CompiledCell passive(double L, double diam, double Ra, int nseg) {
    return CellModel.builder("cable").cylinder("soma", L, diam).nseg("soma", NsegRule.fixed(nseg)).Ra("soma", Ra)
        .insert("soma", "pas", Map.of("g", G, "e", E)).build().compile();
  }

  /** A soma with two branches of squid axon, one of them on the other. */
  private static CompiledCell tree() {
    return CellModel.builder("tree").cylinder("soma", 20, 20).cylinder("dend[0]", 300, 3, new Location("soma", 1))
        .cylinder("dend[1]", 200, 1.5, new Location("dend[0]", 0.35)).nseg("dend", NsegRule.fixed(9)).Ra("all", 100)
        .insert("all", "hh", Map.of()).build().compile();
  }

  /** Samples of every step at every segment. */
  private static List<double[]> run(CompiledCell cell, CableOptions options, double tstop, String quantity) {
    try (Population p = CpuDevice.get().population(cell, options)) {
      var recordings = new ArrayList<Recording>();
      for (int i = 0; i < cell.nodes().count(); i++) {
        if (cell.nodes().kind()[i] == NodeKind.SEG) {
          recordings.add(p.record(new Probe(new Location(cell.nodes().section()[i], cell.nodes().x()[i]), quantity), 1));
        }
      }
      p.advance(tstop, new Spikes());
      return recordings.stream().map(r -> r.drain()[0]).toList();
    }
  }
}
