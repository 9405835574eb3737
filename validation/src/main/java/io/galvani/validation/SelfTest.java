package io.galvani.validation;

import io.galvani.Events;
import io.galvani.Location;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Mode;
import io.galvani.cable.Rates;
import io.galvani.cable.Stimulus;
import io.galvani.cable.Variation;
import io.galvani.cell.CellModel;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.NsegRule;
import io.galvani.cell.SlotSpec;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.device.cuda.CudaStrategy;
import io.galvani.device.cuda.StepKernel;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import io.galvani.mechanism.Mechanism.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Every kernel of a GPU against its reference, the CPU: a small cell with each mechanism, in every mode, wherever the kernels keep the
 * state; small surrogates ({@link SurrogateCheck}). For the first person who has such a card.
 */
public final class SelfTest {
  private static final int CELLS = 3;
  private static final double UNTIL = 10;  // ms
  private static final String TABULATED = "usetable";  // a parameter: rates from NEURON's tables
  private static final Location SOMA = new Location("soma", 0.5);
  private static final Location DEND = new Location("dend", 0.7);

  private final CudaDevice device;
  private final Consumer<Finding> out;
  private final List<Finding> findings = new ArrayList<>();

  /**
   * What came of one kernel.
   *
   * @param kernel its name
   * @param passed whether it ran and gave what the CPU gives
   * @param result in words
   */
  public record Finding(String kernel, boolean passed, String result) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%-5s %-24s %s", passed ? "ok" : "FAIL", kernel, result);
    }
  }

  /**
   * @param out takes each finding as it comes
   */
  public SelfTest(CudaDevice device, Consumer<Finding> out) {
    this.device = device;
    this.out = out;
  }

  /** Runs all; one finding for each kernel. */
  public List<Finding> run() {
    attempt("probe", device::probe);
    for (Mode mode : Mode.ALL) {
      for (CudaStrategy strategy : CudaStrategy.values()) {
        attempt("cable_" + strategy.key() + "_" + StepKernel.suffix(mode.precision(), mode.rates()), () -> steps(mode, strategy));
      }
    }
    SurrogateCheck.ALL.forEach(c -> attempt(c.name(), () -> c.run(device)));
    // What lays out populations, and each part of a surrogate's step, has done its work above, or there would be no agreement.
    device.launches().forEach((kernel, times) -> {
      if (findings.stream().noneMatch(f -> kernel.startsWith(f.kernel))) {
        add(new Finding(kernel, times > 0, times > 0 ? "launched " + times + " times for the populations above" : "was never launched"));
      }
    });
    return List.copyOf(findings);
  }

  private interface Check {
    String result() throws Disagreement;
  }

  private void attempt(String kernel, Check check) {
    Finding finding;
    try {
      finding = new Finding(kernel, true, check.result());
    } catch (Disagreement | RuntimeException e) {
      finding = new Finding(kernel, false, e.getMessage());
    }
    add(finding);
  }

  private void add(Finding finding) {
    findings.add(finding);
    out.accept(finding);
  }

  // ---- steps -------------------------------------------------------------------------------------------------------

  private String steps(Mode mode, CudaStrategy strategy) throws Disagreement {
    List<Mechanism> mechanisms = Catalogue.builtIn().all().stream().filter(m -> mode.rates() == Rates.EXACT || isPolynomial(m)).toList();
    double worst = 0;
    for (Mechanism m : mechanisms) {
      CompiledCell cell = cell(m);
      worst = Math.max(worst, compare(m, cell, mode, strategy));
      if (m.indexOf(TABULATED) >= 0) {
        worst = Math.max(worst, compare(m, cell.with("soma." + TABULATED, 1), mode, strategy));
      }
    }
    return String.format(Locale.ROOT, "%d mechanisms, %d cells each, %.0f ms: at most %.1e of what %s may differ from the CPU",
        mechanisms.size(), CELLS, UNTIL, worst, mode);
  }

  private static boolean isPolynomial(Mechanism m) {
    return CpuDevice.polynomialBounds(m.name(), 6.3, 0.025, true).length > 0;
  }

  /** The largest difference, as a share of what is allowed. */
  private double compare(Mechanism m, CompiledCell cell, Mode mode, CudaStrategy strategy) throws Disagreement {
    CableOptions options = options(m, cell, mode);
    List<Probe> probes = probes(m);
    double[][][] expected = samples(CpuDevice.get().population(cell, options), m, probes);
    double[][][] found = samples(device.population(cell, options, strategy), m, probes);
    boolean spiking = Arrays.stream(expected[0]).flatMapToDouble(Arrays::stream).anyMatch(v -> v > 0);
    double worst = 0;
    for (int p = 0; p < probes.size(); p++) {
      boolean voltage = probes.get(p).quantity().equals("v");
      double largest = Arrays.stream(expected[p]).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElse(0);
      double allowed = voltage ? Tolerance.voltage(mode, false, false, spiking).value
          : Math.max(Tolerance.relative(mode, false).value, spiking && !mode.isReference() ? 0.02 : 0) * Math.max(largest, 1e-9);
      for (int c = 0; c < CELLS; c++) {
        for (int s = 0; s < expected[p][c].length; s++) {
          double share = Math.abs(found[p][c][s] - expected[p][c][s]) / allowed;
          if (!(share <= 1)) {
            throw new Disagreement(String.format(Locale.ROOT, "a cell with %s: %s of cell %d is %.9g at sample %d, on the CPU %.9g; %.2g is allowed",
                m.name(), probes.get(p), c, found[p][c][s], s, expected[p][c][s], allowed));
          }
          worst = Math.max(worst, share);
        }
      }
    }
    return worst;
  }

  /** A soma and a dendrite with the mechanism, and with what gives calcium channels and gates their calcium. */
  private static CompiledCell cell(Mechanism m) {
    var builder = CellModel.builder(m.name()).cylinder("soma", 20, 20).cylinder("dend", 100, 2, new Location("soma", 1))
        .nseg("dend", NsegRule.fixed(3)).Ra("all", 150).insert("all", "pas", Map.of()).spikes(SOMA, 0);
    if (!m.kind().isPoint()) {
      Stream.of("CaDynamics_E2", "Ca_HVA", m.name()).distinct().filter(name -> !name.equals("pas"))
          .forEach(name -> builder.insert("soma", name, Map.of()));
    }
    if (m.kind() == Kind.SYNAPSE) {
      builder.slot(new SlotSpec("slot", DEND, m.name(), Map.of(), 0.002));
    }
    return builder.build().compile();
  }

  private static CableOptions options(Mechanism m, CompiledCell cell, Mode mode) {
    var options = CableOptions.of(cell).cells(CELLS).precision(mode.precision()).rates(mode.rates()).stimulus(Stimulus.iClamp(SOMA, 1, 3, 0.5))
        .stimulus(Stimulus.iClamp(SOMA, 6, 3, -0.3)).vary(new Variation("soma.g_pas", Variation.Mode.SCALE, new double[] {1, 1.1, 0.9}));
    return m.name().equals("epsp") ? options.stimulus(new Stimulus("epsp", SOMA, Map.of("onset", 2.0, "imax", 0.3))) : options;
  }

  private static List<Probe> probes(Mechanism m) {
    var probes = new ArrayList<>(List.of(new Probe(SOMA, "v"), new Probe(DEND, "v")));
    if (!m.kind().isPoint()) {
      probes.addAll(List.of(new Probe(SOMA, "ina"), new Probe(SOMA, "ik"), new Probe(SOMA, "ica"), new Probe(SOMA, "cai"), new Probe(SOMA, "eca")));
    }
    Location at = m.kind() == Kind.SYNAPSE ? DEND : SOMA;
    m.states().forEach(s -> probes.add(new Probe(at, m.name() + "." + s)));
    if (m.kind().isPoint()) {
      probes.add(new Probe(at, m.name() + ".i"));
    }
    return probes;
  }

  /** [probe][cell][sample] of a population, which is closed. */
  private static double[][][] samples(Population population, Mechanism m, List<Probe> probes) {
    try (population) {
      List<Recording> recordings = probes.stream().map(p -> population.record(p, 4)).toList();
      var events = new Events();
      for (int c = 0; m.kind() == Kind.SYNAPSE && c < CELLS; c++) {
        events.add(0.5, c, 0).add(2 + c, c, 0);
      }
      population.advance(events, UNTIL, new Spikes());
      return recordings.stream().map(Recording::drain).toArray(double[][][]::new);
    }
  }
}
