package io.galvani.cli;

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
  }
}
