package io.galvani.bench;

import static io.galvani.cable.Precision.F32;
import static io.galvani.cable.Precision.F64;
import static io.galvani.cable.Precision.MIXED;
import static io.galvani.cable.Rates.EXACT;
import static io.galvani.cable.Rates.POLY;

import io.galvani.bench.Cases.Case;
import io.galvani.bench.Cases.Load;
import io.galvani.cable.Mode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a comparison with NEURON found, as Markdown. */
final class PeerReport {
  /**
   * How many times as fast as NEURON with exact rates we mean to be.
   *
   * @param squid squid axon on a tree, or else the channels of Hay et al.
   * @param cells from this number of cells on, up to the next target
   */
  private record Target(boolean squid, Mode mode, int cells, int ratio) {}

  private static final List<Target> TARGETS = List.of(
      new Target(true, new Mode(F64, EXACT), 1, 10),
      new Target(true, new Mode(F64, EXACT), 16, 17),
      new Target(true, new Mode(F64, POLY), 16, 35),
      new Target(true, new Mode(MIXED, POLY), 1, 22),
      new Target(true, new Mode(MIXED, POLY), 16, 55),
      new Target(true, new Mode(F32, POLY), 16, 80),
      new Target(false, new Mode(F64, EXACT), 16, 15),
      new Target(false, new Mode(MIXED, POLY), 16, 40));

  private final String arguments;
  private final int rounds;
  private final StringBuilder cases = new StringBuilder();
  private final StringBuilder rows = new StringBuilder();
  private String neuron;

  PeerReport(String arguments, int rounds) {
    this.arguments = arguments;
    this.rounds = rounds;
  }

  /**
   * Adds a case on which both agree.
   *
   * @param first ms at which NEURON's first spike comes
   * @param difference largest of any mode, ms
   */
  void add(Case c, String neuron, double first, double difference) {
    this.neuron = neuron;
    cases.append(String.format(Locale.ROOT, "| %s | %d | %.3f | %.0e |%n", c, c.compartments(), first, difference));
  }

  /**
   * Adds a load.
   *
   * @param ns per compartment-step of each contestant in each round
   */
  void add(Load load, Map<String, Rounds> ns) {
    Rounds exact = ns.get(Peers.EXACT);
    Rounds table = ns.get(Peers.TABLE);
    row(load, Peers.EXACT, exact, "", "", "");
    if (table != null) {
      row(load, Peers.TABLE, table, "", "", "");
    }
    for (Mode mode : Mode.ALL) {
      Rounds own = ns.get(mode.toString());
      Rounds ratio = exact.over(own);
      row(load, mode.toString(), own, ratio.toString(), table == null ? "" : table.over(own).toString(), judged(load, mode, ratio.median()));
    }
  }

  private void row(Load load, String engine, Rounds ns, String overExact, String overTable, String target) {
    rows.append("| %s | %s | %s | %s | %s | %s |%n".formatted(load, engine, ns, overExact, overTable, target));
  }

  private static String judged(Load load, Mode mode, double ratio) {
    if (load.subject().compartments() == 1) {
      return "";
    }
    return TARGETS.stream()
        .filter(t -> t.squid == load.subject().isSquid() && t.mode.equals(mode) && t.cells <= load.cells())
        .max(Comparator.comparingInt(Target::cells))
        .map(t -> t.ratio + (ratio >= t.ratio ? " met" : " missed")).orElse("");
  }

  /** All of it. */
  String text() throws IOException {
    return """
        # Galvani beside NEURON

        `./galvani bench --peers%s` on %s (%s), NEURON %s, JDK %s, %s.

        CPU time of one thread, dt 0.025 ms, a constant current into the soma; median of %d rounds in turn (smallest–largest).
        NEURON has `cache_efficient` on. Targets are ratios to NEURON exact.

        | case | compartments | first spike, ms | largest difference of Galvani's, ms |
        |---|---|---|---|
        %s
        | load | engine | ns per compartment-step | times NEURON exact | times NEURON table | target |
        |---|---|---|---|---|---|
        %s""".formatted(arguments.isEmpty() ? "" : " " + arguments, Machine.cpu(), Machine.isa(), neuron, Runtime.version().feature(),
            LocalDate.now(), rounds, cases, rows);
  }

  /** Writes it to a file named after the machine. */
  Path write(Path folder) throws IOException {
    return Machine.write(folder, "", text());
  }
}
