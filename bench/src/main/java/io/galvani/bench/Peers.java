package io.galvani.bench;

import io.galvani.GalvaniException;
import io.galvani.Population;
import io.galvani.Spikes;
import io.galvani.bench.Cases.Case;
import io.galvani.bench.Cases.Load;
import io.galvani.cable.Mode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Times NEURON and Galvani on the same loads in one command: {@code [--rounds N] [LOAD …]}, such as
 * {@code c200x16}; by default all.
 *
 * <p>Both are asked for CPU time of one thread over the same stretch of biological time, round by round in turn, so that what
 * slows the machine slows both. Nothing is printed until all rounds are in.
 */
public final class Peers {
  /** NEURON's fixed step as its authors write it: what Galvani's exact rates answer to. */
  static final String EXACT = "NEURON exact";
  /** NEURON as it comes: hh takes its rates from a table. */
  static final String TABLE = "NEURON table";

  private static final double STRETCH = 1e7;  // compartment-steps of a round: about a second of NEURON's
  private static final double WARM_UP = 1;    // ms
  private static final double WATCHED = 100;  // ms within which every case fires
  private static final double AGREEMENT = 0.001;  // ms between the first spikes
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Path root;
  private final int rounds;

  private Peers(Path root, int rounds) {
    this.root = root;
    this.rounds = rounds;
  }

  /**
   * See the class. Prints the result and writes it to {@code bench/results}.
   *
   * @throws GalvaniException if NEURON is not installed, or the two do not simulate the same thing
   */
  public static void main(String... arguments) throws IOException, InterruptedException {
    int rounds = 5;
    var loads = new ArrayList<Load>();
    for (var a = Arrays.asList(arguments).iterator(); a.hasNext();) {
      switch (a.next()) {
        case "--rounds" -> rounds = Bench.rounds(a.hasNext() ? a.next() : "");
        case String load -> loads.add(Cases.load(load));
      }
    }
    var peers = new Peers(Bench.root(), rounds);
    var report = new PeerReport(String.join(" ", arguments), peers.rounds);
    List<Load> timed = loads.isEmpty() ? Cases.loads() : loads;
    for (Case c : timed.stream().map(Load::subject).distinct().toList()) {
      peers.agree(c, report);
    }
    for (Load load : timed) {
      report.add(load, peers.time(load));
    }
    System.out.print(report.text());
    System.err.println("bench: written to " + report.write(peers.root.resolve("bench/results")));
  }

  // ---- the same thing on both sides --------------------------------------------------------------------------------

  private void agree(Case c, PeerReport report) throws IOException, InterruptedException {
    System.err.println("bench: " + c + ": comparing the first spikes ...");
    var load = new Load(c, 1);
    try (var neuron = new Neuron(root, load)) {
      double theirs = first(neuron.spikes(WATCHED), "NEURON", c);
      var differences = new LinkedHashMap<Mode, Double>();
      for (Mode mode : Mode.ALL) {
        var spikes = new Spikes();
        try (Population own = load.population(mode, o -> o)) {
          own.advance(WATCHED, spikes);
        }
        double ours = first(spikes.crossings(0, 0), "Galvani " + mode, c);
        if (!(Math.abs(ours - theirs) <= AGREEMENT)) {
          throw new GalvaniException(c + ": the first spike comes at " + theirs + " ms in NEURON and at " + ours
              + " ms in Galvani " + mode + ": they do not simulate the same thing");
        }
        differences.put(mode, Math.abs(ours - theirs));
      }
      report.add(c, neuron.version(), theirs, Collections.max(differences.values()));
    }
  }

  private static double first(double[] spikes, String engine, Case c) {
    if (spikes.length == 0) {
      throw new GalvaniException(c + ": " + engine + " has no spike within " + WATCHED + " ms");
    }
    return spikes[0];
  }

  // ---- rounds ------------------------------------------------------------------------------------------------------

  /** Integrates further, says how much CPU time in seconds that took. */
  private interface Contestant {
    double advance(double ms) throws IOException;
  }

  /** ns per compartment-step of each contestant in each round. */
  private Map<String, Rounds> time(Load load) throws IOException, InterruptedException {
    double ms = load.stretch(STRETCH);
    System.err.println("bench: " + load + ": " + rounds + " rounds of " + (long) ms + " ms ...");
    var contestants = new LinkedHashMap<String, Contestant>();
    var own = new ArrayList<Population>();
    try (var neuron = new Neuron(root, load)) {
      contestants.put(EXACT, t -> neuron.run(t, false));
      if (load.subject().isSquid()) {
        contestants.put(TABLE, t -> neuron.run(t, true));
      }
      for (Mode mode : Mode.ALL) {
        Population p = load.population(mode, o -> o);
        own.add(p);
        contestants.put(mode.toString(), t -> advance(p, t));
      }
      var turns = new LinkedHashMap<String, Rounds.Turn>();
      for (var c : contestants.entrySet()) {
        c.getValue().advance(WARM_UP);
        turns.put(c.getKey(), () -> c.getValue().advance(ms) * 1e9 / load.compartmentSteps(ms));
      }
      return Rounds.inTurn(rounds, turns);
    } finally {
      own.forEach(Population::close);
    }
  }

  private static double advance(Population population, double ms) {
    long begin = THREADS.getCurrentThreadCpuTime();
    population.advance(population.time() + ms, new Spikes());
    return (THREADS.getCurrentThreadCpuTime() - begin) / 1e9;
  }
}
