package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.device.Device;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Surrogates;
import io.galvani.trace.ClosedLoopScores;
import io.galvani.trace.ClosedLoopScores.Part;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.training.Judgement;
import io.galvani.training.Judgement.Fit;
import io.galvani.training.Judgement.Outcome;
import io.galvani.training.Protocol;
import io.galvani.training.Protocol.Use;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code galvani score}. */
@Command(name = "score", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Score a surrogate beside its cell, on the test runs of a protocol: closed loop, warmed up on its own output.")
final class ScoreCommand implements Callable<Integer> {
  /** Stretches of long runs that are scored apart. */
  private static final int PARTS = 5;

  @Parameters(paramLabel = "SURROGATE", arity = "0..1", description = "A surrogate that comes with Galvani, or a file (.safetensors).")
  private String surrogate;

  @Option(names = "--protocol", paramLabel = "NAME|FILE", required = true,
      description = "A protocol that comes with Galvani, or a file (.yaml).")
  private String protocol;

  @Option(names = "--twins",
      description = "In place of a surrogate score the cell itself, with other input in the first half of its warm-up: how much does its"
          + " past matter?")
  private boolean twins;

  @Option(names = "--runs", paramLabel = "N", description = "Runs to score. Default: as many as the protocol has for it")
  private Integer runs;

  @Option(names = "--long", description = "Score the protocol's runs of much time, and each fifth of them: does it drift?")
  private boolean asLong;

  @Mixin private CellOption cell;

  @Mixin private EngineOptions engine;

  @Option(names = "--threads", paramLabel = "N", description = "Threads. Default: one for each core")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    var p = cell.protocol(protocol);
    if (twins == (surrogate != null)) {
      throw new InputException("score", null, twins ? "--twins and a surrogate" : "nothing is named", "Name a surrogate, or --twins");
    }
    var s = twins ? null : Surrogates.load(surrogate);
    var use = asLong ? Use.LONG : Use.TEST;
    if (asLong) {
      requireLong(p);
    }
    int n = runs == null ? p.runs().get(use).traces() : runs;
    if (n < 1) {
      throw new InputException("--runs", null, n + " is below 1", null);
    }
    var judgement = judgement(p, use, n, engine.device(), threads);
    var options = SurrogateOptions.DEFAULT.threads(threads).precision(engine.surrogatePrecision());
    var outcome = twins ? new Outcome(twins(judgement, p, use), List.of()) : judgement.judge(s, surrogate, options);
    var out = spec.commandLine().getOut();
    print(out, p, use, judgement, n, judgement.scores(outcome.runs()));
    others(out, outcome.others());
    if (asLong) {
      parts(out, p.sample(), outcome.runs());
    }
    return 0;
  }

  private static List<Run> twins(Judgement judgement, Protocol p, Use use) {
    try (var progress = new Progress("twins", "ms", (long) (p.samples(use) * p.sample()))) {
      return judgement.twins(use, row -> progress.at(row * p.sample()));
    }
  }

  /** Fails for a protocol without long runs. */
  static void requireLong(Protocol p) {
    if (!p.runs().containsKey(Use.LONG)) {
      throw new InputException("--long", null, "the protocol " + p.name() + " has no such runs", "Give it 'long' among its runs");
    }
  }

  /** The cell's own runs, with a progress bar. */
  static Judgement judgement(Protocol p, Use use, int runs, Device device, int threads) {
    try (var progress = new Progress(use + " runs", "ms", (long) (runs * p.samples(use) * p.sample()))) {
      return new Judgement(p, use, device, runs, threads, progress::at);
    }
  }

  private static void others(PrintWriter out, List<Fit> fits) {
    if (!fits.isEmpty()) {
      out.printf("%n  %-50s %10s %19s%n", "what else it says", "Pearson r", "explained variance, %");
    }
    fits.forEach(f -> out.printf("  %-50s %10.3f %19.2f%n", f.quantity(), f.correlation(), 100 * f.explained()));
  }

  /** Error against duration. */
  private static void parts(PrintWriter out, double sample, List<Run> runs) {
    out.printf("%n  %-20s %28s %20s %18s%n", "ms of each run", "explained, clipped, %", "precision at ±5, %", "recall at ±5, %");
    for (Part part : ClosedLoopScores.parts(runs, PARTS, sample)) {
      out.printf("  %-20s %28.2f %20.2f %18.2f%n", String.format("%.0f to %.0f", part.from(), part.to()), 100 * part.clipped(),
          100 * part.spikes().precision(), 100 * part.spikes().recall());
    }
  }

  /** The table of scores. */
  static void print(PrintWriter out, Protocol p, Use use, Judgement judgement, int runs, List<Score> scores) {
    var test = p.runs().get(use);
    out.printf("protocol %s: %d runs of %.0f ms after %.0f ms of warm-up, %d spikes%n%n", p.name(), runs, test.ms(), test.warmup(),
        judgement.spikes());
    out.printf("  %-50s %10s %19s %22s%n", "", "all runs", "95 %", "mean ± SD over runs");
    for (Score s : scores) {
      boolean share = s.unit().isEmpty();
      double scale = share ? 100 : 1;
      var i = s.interval();
      out.printf("  %-50s %10.2f %19s %22s%n", s.name() + ", " + (share ? "%" : s.unit()), scale * s.pooled(),
          Double.isNaN(i.low()) ? "" : String.format("%.2f to %.2f", scale * i.low(), scale * i.high()),
          String.format("%.2f ± %.2f", scale * s.mean(), scale * s.sd()));
    }
  }
}
