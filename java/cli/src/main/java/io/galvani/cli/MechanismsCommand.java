package io.galvani.cli;

import io.galvani.cell.CompiledCell.Defaults;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import io.galvani.mechanism.Parameter;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code galvani mechanisms}. */
@Command(name = "mechanisms", mixinStandardHelpOptions = true,
    description = "List the channels, pools, synapses and stimuli; or the parameters of one.")
final class MechanismsCommand implements Runnable {
  @Parameters(paramLabel = "NAME", arity = "0..1", description = "Show the parameters of this one.")
  private String name;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    if (name == null) {
      for (Mechanism m : Catalogue.builtIn().all()) {
        out.printf("%-14s %-9s %s%n", m.name(), m.kind().name().toLowerCase(), m.about());
      }
      return;
    }
    Mechanism m = Catalogue.builtIn().require(name, "mechanisms", null);
    out.printf("%s: %s, %s%n", m.name(), m.kind().name().toLowerCase(), m.about());
    for (Parameter p : m.parameters()) {
      out.printf("  %-12s %12s %-7s %s%n", p.name(), Double.toString(p.value()), p.unit(), p.about());
    }
    if (!m.states().isEmpty()) {
      out.println("  states: " + String.join(", ", m.states()));
    }
    bounds(out, m);
  }

  // How far --rates poly may be from the rates themselves, at NEURON's 6.3 degC and 0.025 ms.
  private static void bounds(PrintWriter out, Mechanism m) {
    for (boolean single : new boolean[] {false, true}) {
      for (var b : CpuDevice.polynomialBounds(m.name(), Defaults.NEURON.celsius(), Defaults.NEURON.dt(), single)) {
        out.printf("  polynomial rates, %s: %s inf within %.1e, 1-exp(-dt/tau) within %.1e, %d pieces%n",
            single ? "float32" : "float64", b.state(), b.steadyState(), b.approach(), b.segments());
      }
    }
  }
}
