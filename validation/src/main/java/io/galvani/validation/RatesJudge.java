package io.galvani.validation;

import io.galvani.InputException;
import io.galvani.cell.CompiledCell.Defaults;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import io.galvani.validation.Verdict.Finding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Judges the rates of a mechanism's gates against tables of steady states and time constants. */
final class RatesJudge {
  // Voltages (mV) at which a rate of Hay's channels is 0/0 and the original shifts v by 1e-4 mV.
  private static final Set<Double> SINGULAR = Set.of(-154.9, -66.0, -64.4, -60.0, -38.0, -32.0, -27.0, -17.0);

  private RatesJudge() {}

  /**
   * @param named the mechanism; {@code hh:usetable} for NEURON's tables of it
   */
  static Verdict judge(String run, String named, Path file) {
    String name = named.replace(":usetable", "");
    Mechanism mechanism = Catalogue.builtIn().require(name, file.toString(), null);
    Map<String, Double> parameters = named.equals(name) ? Map.of() : Map.of("usetable", 1.0);
    Table table = Table.read(file);
    double[] x = table.column(0);
    double[][] rates = CpuDevice.rates(name, x, Defaults.NEURON.celsius(), parameters);

    var findings = new ArrayList<Finding>();
    for (int c = 1; c < table.header().size(); c++) {
      String column = table.header().get(c);
      String state = column.substring(0, Math.max(0, column.indexOf('_')));
      int gate = mechanism.states().indexOf(state);
      boolean tau = column.equals(state + "_tau_ms");
      if (gate < 0 || !tau && !column.equals(state + "_inf")) {
        throw InputException.unknown(file.toString(), "1", "column", column, expected(mechanism));
      }
      findings.add(worst(column, table.header().getFirst(), x, table.column(c), rates[2 * gate + (tau ? 1 : 0)]));
    }
    return new Verdict(run, findings, null);
  }

  // The row that comes nearest to its bound.
  private static Finding worst(String column, String argument, double[] x, double[] known, double[] is) {
    Finding worst = null;
    double most = -1;
    for (int i = 0; i < x.length; i++) {
      boolean singular = argument.equals("v_mV") && SINGULAR.contains(x[i]);
      double bound = (singular ? Tolerance.RATES_AT_SINGULARITY : Tolerance.RATES).value;
      double error = Math.abs(is[i] / known[i] - 1);
      if (Double.compare(error / bound, most) > 0) {
        most = error / bound;
        worst = new Finding(column, error, error, bound, "relative", "at " + argument + " = " + x[i]);
      }
    }
    return worst;
  }

  private static List<String> expected(Mechanism mechanism) {
    return mechanism.states().stream().flatMap(s -> List.of(s + "_inf", s + "_tau_ms").stream()).toList();
  }
}
