package io.galvani.bench;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.bench.Cases.Load;
import io.galvani.bench.gpu.Tuning;
import io.galvani.bench.surrogate.Frameworks;
import io.galvani.bench.surrogate.Networks;
import io.galvani.bench.surrogate.SurrogatePeers;
import io.galvani.cable.Mode;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.cuda.Cuda;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs benchmarks: {@code --peers} those beside NEURON, {@code --surrogates} those beside frameworks that run networks, {@code --tune}
 * the kernels of the GPU among each other, {@code --memory} that of memory, otherwise JMH's with its own options and names of benchmarks;
 * {@code --quick} some of them, and short.
 */
public final class Bench {
  private Bench() {}

  /** See the class. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    switch (arguments.length == 0 ? "" : arguments[0]) {
      case "--peers" -> Peers.main(Arrays.copyOfRange(arguments, 1, arguments.length));
      case "--surrogates" -> SurrogatePeers.compare(List.of(arguments).subList(1, arguments.length));
      case "--tune" -> Tuning.main(List.of(arguments).subList(1, arguments.length), System.out::println);
      case "--memory" -> Memory.fork();
      default -> jmh(arguments);
    }
  }

  /**
   * A number of rounds, from the command line.
   *
   * @throws InputException if it is none
   */
  public static int rounds(String text) {
    if (!text.matches("[1-9]\\d{0,3}")) {
      throw new InputException("--rounds", null, "'" + text + "' is not a number of rounds", "Write e.g. --rounds 5");
    }
    return Integer.parseInt(text);
  }

  /**
   * The source tree, which has scripts and cases: these classes lie somewhere inside it.
   *
   * @throws GalvaniException if they do not
   */
  public static Path root() {
    try {
      Path here = Path.of(Bench.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      for (Path p = here; p != null; p = p.getParent()) {
        if (Files.exists(p.resolve("bench/peers/neuron_peer.py"))) {
          return p;
        }
      }
      throw new GalvaniException(here + " is not inside Galvani's source tree: run this from there");
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static void jmh(String[] arguments) throws IOException {
    boolean quick = Arrays.asList(arguments).contains("--quick");
    try {
      var line = new CommandLineOptions(Stream.of(arguments).filter(a -> !a.equals("--quick")).toArray(String[]::new));
      var options = new OptionsBuilder().parent(line);
      if (quick) {
        options.forks(1).measurementTime(TimeValue.milliseconds(200));
      } else {
        all(line, options, "load", Cases.loads().stream().map(Load::toString));
        all(line, options, "network", Networks.ALL.stream().map(Networks.Case::name));
        all(line, options, "cells", SurrogatePeers.CELLS.stream().map(Object::toString));
      }
      if (line.shouldHelp()) {
        line.showHelp();
      } else if (line.shouldList()) {
        new Runner(options.build()).list();
      } else {
        List<Unfit> skipped = unfit().stream().filter(u -> u.asked(line.getIncludes())).toList();
        for (Unfit u : skipped) {
          options.exclude(Pattern.quote(u.benchmark.getName() + "."));
          System.err.println("bench: " + u.benchmark.getSimpleName() + " is skipped: " + u.reason);
        }
        if (noGpu().isPresent() && !line.getParameter("device").hasValue()) {
          options.param("device", "cpu");
        }
        run(options, !skipped.isEmpty());
      }
    } catch (CommandLineOptionException | RunnerException e) {
      throw new GalvaniException("bench: " + e.getMessage(), e);
    }
  }

  /** All values of a parameter, unless the command line has some. */
  private static void all(CommandLineOptions line, ChainedOptionsBuilder options, String parameter, Stream<String> values) {
    if (!line.getParameter(parameter).hasValue()) {
      options.param(parameter, values.toArray(String[]::new));
    }
  }

  /** Having skipped some, it may be left with none. */
  private static void run(ChainedOptionsBuilder options, boolean skipped) throws IOException, RunnerException {
    try {
      System.setProperty("java.class.path", Frameworks.classpath()); // of the JVMs in which JMH runs benchmarks
      options.jvmArgsAppend(Frameworks.cache());
      print(new Runner(options.build()).run());
    } catch (NoBenchmarksException e) {
      if (!skipped) {
        throw new GalvaniException("bench: no benchmark has that name; ./galvani bench -l lists them", e);
      }
    }
  }

  /** A benchmark that this machine cannot run, or whose figures would deceive. */
  private record Unfit(Class<?> benchmark, String reason) {
    /** Whether JMH would run it: of the names that it is given, regular expressions, one is found in its own. */
    boolean asked(List<String> names) {
      return names.isEmpty() || names.stream().anyMatch(n -> Pattern.compile(n).matcher(benchmark.getName()).find());
    }
  }

  private static List<Unfit> unfit() {
    var unfit = new ArrayList<Unfit>();
    noGpu().ifPresent(why -> unfit.add(new Unfit(LaunchCost.class, why)));
    if (Cuda.absence().isPresent() || !Cuda.gpu(0).isStandIn()) {
      unfit.add(new Unfit(EmulatedRun.class, "the CUDA driver is not the emulated one"));
    }
    return unfit;
  }

  /** Why nothing can be timed on a GPU; empty if it can. */
  private static Optional<String> noGpu() {
    return Cuda.absence().or(() -> Cuda.gpu(0).isStandIn() ? Optional.of("the CUDA driver is emulated") : Optional.empty());
  }

  /** The figures by which engines are compared. */
  private static void print(Collection<RunResult> results) {
    printSurrogates(results.stream().filter(r -> r.getSecondaryResults().containsKey("cellMs")).toList());
    var timed = results.stream().filter(r -> r.getSecondaryResults().containsKey("compartmentSteps")).toList();
    if (timed.isEmpty()) {
      return;
    }
    System.out.printf("%n%-12s %-12s %-14s %19s %20s%n", "load", "mode", "", "ns/compartment-step", "cell-seconds/second");
    for (RunResult r : timed) {
      var p = r.getParams();
      boolean variation = p.getParamsKeys().contains("varied");
      Load load = Cases.load(p.getParam(variation ? "on" : "load"));
      var mode = new Mode(Precision.valueOf(p.getParam("precision")), Rates.valueOf(p.getParam("rates")));
      String rest = variation ? "varied: " + p.getParam("varied") : "threads: " + p.getParam("threads");
      double ns = r.getSecondaryResults().get("compartmentSteps").getScore();
      double compartmentStepsOfCellSecond = (double) load.compartmentSteps(1000) / load.cells();
      System.out.printf(Locale.ROOT, "%-12s %-12s %-14s %19.3f %20.2f%n", load, mode, rest, ns,
          1e9 / (ns * compartmentStepsOfCellSecond));
    }
  }

  /** Those of {@link io.galvani.bench.surrogate.SurrogateVsDirect}. */
  private static void printSurrogates(List<RunResult> results) {
    if (results.isEmpty()) {
      return;
    }
    System.out.printf("%n%-8s %-12s %-8s %8s %20s%n", "cell", "engine", "device", "cells", "us per cell and ms");
    for (RunResult r : results) {
      var p = r.getParams();
      String row = "%-8s %-12s %%-8s %8s ".formatted(p.getParam("cell"), p.getParam("engine"), p.getParam("population"));
      System.out.printf(Locale.ROOT, row + "%20.4f%n", p.getParam("device"), 1e3 * r.getSecondaryResults().get("cellMs").getScore());
      noGpu().ifPresent(why -> System.out.printf(row + "%s%n", "cuda", "skipped: no device"));
    }
  }
}
