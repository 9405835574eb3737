package io.galvani.bench.surrogate;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.bench.Bench;
import io.galvani.bench.Machine;
import io.galvani.bench.Rounds;
import io.galvani.bench.surrogate.Networks.Case;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Times all that run networks on the same cells in one command: {@code [--cells N,…] [--threads N,…] [--rounds N] [NETWORK …]}.
 *
 * <p>All hold their cells at once and take their turn in every round. Each number of threads is a process of its own, for TensorFlow
 * has but one.
 */
public final class SurrogatePeers {
  /** Numbers of cells that are timed by default. */
  public static final List<Integer> CELLS = List.of(1, 16, 150, 1000, 5000);

  private static final double ROUND = 0.2;   // s, of one runner
  private static final String PEAK = "peak"; // takes its turn too

  private SurrogatePeers() {}

  /** What is timed. */
  private record Plan(List<Case> networks, List<Integer> cells, List<Integer> threads, int rounds) {
    static Plan of(List<String> arguments) {
      var networks = new ArrayList<Case>();
      var cells = CELLS;
      var threads = List.of(1, 2);
      int rounds = 5;
      for (var a = arguments.iterator(); a.hasNext();) {
        switch (a.next()) {
          case "--rounds" -> rounds = Bench.rounds(a.hasNext() ? a.next() : "");
          case "--cells" -> cells = numbers("--cells", a.hasNext() ? a.next() : "");
          case "--threads" -> threads = numbers("--threads", a.hasNext() ? a.next() : "");
          case String name -> networks.add(Networks.named(name));
        }
      }
      return new Plan(networks.isEmpty() ? Networks.ALL : networks, cells, threads, rounds);
    }

    private static List<Integer> numbers(String option, String text) {
      if (!text.matches("[1-9]\\d{0,5}(,[1-9]\\d{0,5})*")) {
        throw new InputException(option, null, "'" + text + "' is not a list of numbers", "Write e.g. " + option + " 1,16");
      }
      return Stream.of(text.split(",")).map(Integer::valueOf).toList();
    }

    /** The same with one number of threads, as arguments. */
    List<String> arguments(int threads) {
      var all = new ArrayList<>(List.of("--rounds", Integer.toString(rounds), "--threads", Integer.toString(threads), "--cells",
          cells.stream().map(Object::toString).collect(Collectors.joining(","))));
      networks.forEach(c -> all.add(c.name()));
      return all;
    }
  }

  /** See the class. Prints the result and writes it to {@code bench/results}. */
  public static void compare(List<String> arguments) throws IOException, InterruptedException {
    var plan = Plan.of(arguments);
    var rows = new StringBuilder();
    for (int threads : plan.threads) {
      var jvm = Frameworks.jvm(SurrogatePeers.class, plan.arguments(threads)).start();
      try (var lines = jvm.inputReader()) {
        lines.lines().filter(l -> l.startsWith("|")).forEach(l -> rows.append(l).append('\n'));
        if (jvm.waitFor() != 0) {
          throw new GalvaniException("bench: the process with " + threads + " threads ended with status " + jvm.exitValue());
        }
      } finally {
        jvm.destroy();
      }
    }
    String text = report(String.join(" ", arguments), plan, rows);
    System.out.print(text);
    Path file = Machine.write(Bench.root().resolve("bench/results"), "surrogates", text);
    System.err.println("bench: written to " + file);
  }

  private static String report(String arguments, Plan plan, CharSequence rows) throws IOException {
    var networks = plan.networks.stream().map(c -> String.format(Locale.ROOT, "| %s | %d | %d | %d | %,d | %.2f | %.2f |%n", c,
        c.network().channels(), c.network().repeats(), c.network().outputs(), c.network().parameters(), c.network().naiveFlops() / 1e6,
        c.minimalFlops() / 1e6)).collect(Collectors.joining());
    return """
        # Surrogates beside frameworks

        `./galvani bench --surrogates%s` on %s (%s), JDK %s, %s.

        Wall time of a step, closed loop, one event a cell; median of %d rounds in turn (smallest–largest). GFLOP/s are those of the
        arithmetic that a runner does: the naive one where it is given whole windows, else the least. Peak: multiply-adds in
        registers, measured in every round too.

        | network | channels | repeats | outputs | parameters | MFLOP a cell and step, naive | minimal |
        |---|---|---|---|---|---|---|
        %s
        | network | cells | threads | runner | ms per step | GFLOP/s | of the peak | %s |
        |---|---|---|---|---|---|---|%s
        %s""".formatted(arguments.isEmpty() ? "" : " " + arguments, Machine.cpu(), Machine.isa(), Runtime.version().feature(),
            LocalDate.now(), plan.rounds, networks,
            Runner.PEERS.stream().map(r -> "times as fast as " + r).collect(Collectors.joining(" | ")), "---|".repeat(Runner.PEERS.size()),
            rows);
  }

  // ---- one number of threads ---------------------------------------------------------------------------------------

  /** Times in this JVM, and prints rows of the table. */
  public static void main(String[] arguments) throws IOException {
    var plan = Plan.of(List.of(arguments));
    int threads = plan.threads.getFirst();
    var peak = new Peak(Bench.root());
    for (Case c : plan.networks) {
      for (int cells : plan.cells) {
        System.err.printf("bench: %s, %d cells, %d threads ...%n", c, cells, threads);
        print(c, cells, threads, time(c, cells, threads, plan.rounds, peak));
      }
    }
  }

  /** ms per step of each runner, and GFLOP/s of the peak, in each round. */
  private static Map<String, Rounds> time(Case c, int cells, int threads, int rounds, Peak peak) throws IOException {
    var loops = new ArrayList<Loop>();
    var turns = new LinkedHashMap<String, Rounds.Turn>();
    try {
      for (Runner r : Runner.values()) {
        var loop = new Loop(r, c, cells, threads);
        loops.add(loop);
        int steps = loop.stepsOf(ROUND);
        turns.put(r.toString(), () -> loop.seconds(steps) * 1e3 / steps);
      }
      turns.put(PEAK, () -> peak.gigaflops(threads));
      return Rounds.inTurn(rounds, turns);
    } finally {
      loops.forEach(Loop::close);
    }
  }

  private static void print(Case c, int cells, int threads, Map<String, Rounds> figures) {
    Rounds peak = figures.get(PEAK);
    for (Runner r : Runner.values()) {
      Rounds ms = figures.get(r.toString());
      double flops = (double) cells * (r.isWhole() ? c.network().naiveFlops() : c.minimalFlops());
      double rate = flops / ms.median() / 1e6;
      String ratios = Runner.PEERS.stream().map(p -> p == r ? "" : figures.get(p.toString()).over(ms).toString())
          .collect(Collectors.joining(" | "));
      System.out.printf(Locale.ROOT, "| %s | %d | %d | %s | %s | %.0f | %.0f %% | %s |%n", c, cells, threads, r, ms, rate,
          100 * rate / peak.median(), ratios);
    }
  }
}
