package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.io.AtomicFile;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Surrogates;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.training.Comparison;
import io.galvani.training.Comparison.Cost;
import io.galvani.training.Protocol;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code galvani compare}. */
@Command(name = "compare", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Give a cell and its surrogates the same synaptic input: how far they agree, and what each costs.",
    footer = {"", "Times are those of this machine as busy as it is; ratios within one run are what counts.%n"})
final class CompareCommand implements Callable<Integer> {
  /** Runs that are scored. */
  private static final int RUNS = 50;
  /** What of the scores the table shows. */
  private static final List<String> SHOWN = List.of("explained_variance", "explained_variance_clipped", "correlation",
      "correlation_clipped", "precision_1ms", "recall_1ms", "precision_5ms", "recall_5ms", "exact_bin", "recall_chance", "auc");

  @Parameters(paramLabel = "SURROGATE", arity = "0..*",
      description = "Surrogates: names or files (.safetensors). Default: those of the cell that come with Galvani")
  private List<String> surrogates = new ArrayList<>();

  @Option(names = "--cell", paramLabel = "PROTOCOL", defaultValue = "ball",
      description = "The protocol whose cell and input are used: ball, l5pc, or a file (.yaml). Default: ${DEFAULT-VALUE}")
  private String protocol;

  @Option(names = "--cells", paramLabel = "N,...", split = ",", defaultValue = "1,50,5000",
      description = "Numbers of cells to time. Default: ${DEFAULT-VALUE}")
  private List<Integer> cells;

  @Option(names = "--ms", paramLabel = "T", defaultValue = "1000",
      description = "Biological time that is timed, as far as the seconds allow. Default: ${DEFAULT-VALUE} ms")
  private double ms;

  @Option(names = "--seconds", paramLabel = "S", defaultValue = "60",
      description = "Wall time for all that is timed; each has at least 40 ms of biological time. Default: ${DEFAULT-VALUE}")
  private double seconds;

  @Option(names = "--report", paramLabel = "FILE.html", description = "Also write a report: one HTML file that needs nothing else.")
  private Path report;

  @Mixin private EngineOptions engine;

  @Option(names = "--threads", paramLabel = "N", description = "Threads. Default: 1", defaultValue = "1")
  private int threads;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (cells.stream().anyMatch(n -> n < 1) || !(ms >= 1) || !(seconds > 0)) {
      throw new InputException("compare", null, "--cells " + cells + ", --ms " + ms + ", --seconds " + seconds, "All must be above 0");
    }
    var p = Protocol.load(protocol);
    var chosen = new LinkedHashMap<String, Surrogate>();
    for (String name : surrogates.isEmpty() ? Surrogates.names() : surrogates) {
      var s = Surrogates.load(name);
      if (!surrogates.isEmpty() || s.name().equals(p.cell())) {
        chosen.put(name.replaceFirst(".*/", "").replaceFirst("\\.safetensors$", ""), s);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%s on %s%n%n", p.cell(), engine.device().description());
    var runs = new LinkedHashMap<String, List<Run>>();
    var scores = new LinkedHashMap<String, List<Score>>();
    if (chosen.isEmpty()) {
      out.printf("No surrogate of %s comes with Galvani; name files.%n%n", p.cell());
    } else {
      var judgement = ScoreCommand.judgement(p, Protocol.Use.TEST, RUNS, engine, threads);
      chosen.forEach((name, s) -> {
        runs.put(name, judgement.runs(s, name, SurrogateOptions.DEFAULT.threads(threads)));
        scores.put(name, judgement.scores(runs.get(name)));
      });
      out.printf("Agreement with the direct engine (f64, exact), %d runs of %.0f ms, %d spikes; %%, 95 %% interval%n%n", RUNS,
          p.runs().get(Protocol.Use.TEST).ms(), judgement.spikes());
      agreement(out, scores);
    }
    var costs = cost(out, p, chosen);
    if (report != null) {
      String html = new CompareReport(p.cell(), p.sample(), runs, scores, costs)
          .html("galvani " + String.join(" ", spec.commandLine().getParseResult().originalArgs()), engine.device().description(), ms);
      AtomicFile.write(report, List.of(StandardCharsets.UTF_8.encode(html)));
      out.printf("%n%s%n", report);
    }
    return 0;
  }

  private static void agreement(PrintWriter out, Map<String, List<Score>> scores) {
    out.printf("  %-42s", "");
    scores.keySet().forEach(name -> out.printf(" %26s", name));
    out.println();
    for (Score row : scores.values().iterator().next()) {
      if (!SHOWN.contains(row.key())) {
        continue;
      }
      out.printf("  %-42s", row.name());
      scores.values().forEach(list -> {
        var s = list.stream().filter(x -> x.key().equals(row.key())).findFirst().orElseThrow();
        var i = s.interval();
        out.printf(" %26s", String.format("%.1f", 100 * s.pooled())
            + (Double.isNaN(i.low()) ? "" : String.format(" (%.1f to %.1f)", 100 * i.low(), 100 * i.high())));
      });
      out.println();
    }
    out.println();
  }

  private List<Cost> cost(PrintWriter out, Protocol p, Map<String, Surrogate> chosen) {
    out.printf("Cost of the same input, %d thread%s%n%n", threads, threads == 1 ? "" : "s");
    out.printf("  %7s  %-24s %18s %18s %14s%n", "cells", "engine", "s per second", "us per cell, ms", "direct f64 is");
    double each = seconds / (cells.size() * (chosen.size() + 2.0));
    var first = new Cost[1];
    return Comparison.run(p, chosen, cells, ms, each, engine.device(), threads, c -> {
      if (first[0] == null || first[0].cells() != c.cells()) {
        first[0] = c;
      }
      out.printf("  %7d  %-24s %18.5f %18.4f %13.2fx%s%n", c.cells(), c.engine(), c.perSecond(), c.perCellAndMs(),
          first[0].perSecond() / c.perSecond(), c.ms() < ms ? String.format("   extrapolated from %.0f ms", c.ms()) : "");
    });
  }
}
