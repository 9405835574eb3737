package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.device.Device;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Surrogates;
import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.training.Judgement;
import io.galvani.training.Protocol;
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
  @Parameters(paramLabel = "SURROGATE", description = "A surrogate that comes with Galvani, or a file (.safetensors).")
  private String surrogate;

  @Option(names = "--protocol", paramLabel = "NAME|FILE", required = true,
      description = "A protocol that comes with Galvani, or a file (.yaml).")
  private String protocol;

  @Option(names = "--runs", paramLabel = "N", description = "Runs to score. Default: as many as the protocol has for tests")
  private Integer runs;

  @Mixin private EngineOptions engine;

  @Option(names = "--threads", paramLabel = "N", description = "Threads. Default: one for each core")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    var p = Protocol.load(protocol);
    var s = Surrogates.load(surrogate);
    int n = runs == null ? p.runs().get(Protocol.Use.TEST).traces() : runs;
    if (n < 1) {
      throw new InputException("--runs", null, n + " is below 1", null);
    }
    var judgement = judgement(p, n, engine.device(), threads);
    print(spec.commandLine().getOut(), p, judgement, n,
        judgement.scores(judgement.runs(s, surrogate, SurrogateOptions.DEFAULT.threads(threads).precision(engine.surrogatePrecision()))));
    return 0;
  }

  /** The cell's own runs, with a progress bar. */
  static Judgement judgement(Protocol p, int runs, Device device, int threads) {
    try (var progress = new Progress("test runs", "ms", (long) (runs * p.samples(Protocol.Use.TEST) * p.sample()))) {
      return new Judgement(p, device, runs, threads, progress::at);
    }
  }

  /** The table of scores. */
  static void print(PrintWriter out, Protocol p, Judgement judgement, int runs, List<Score> scores) {
    var test = p.runs().get(Protocol.Use.TEST);
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
