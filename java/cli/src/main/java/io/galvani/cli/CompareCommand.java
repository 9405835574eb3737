package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.bench.Machine;
import io.galvani.device.Device;
import io.galvani.io.AtomicFile;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Surrogates;
import io.galvani.trace.ClosedLoopScores;
import io.galvani.trace.ClosedLoopScores.Part;
import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.training.Comparison;
import io.galvani.training.Comparison.Cost;
import io.galvani.training.Judgement.Fit;
import io.galvani.training.Protocol;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
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
  /** Long ones at most, and the parts they are cut into. */
  private static final int LONG_RUNS = 8;
  private static final int PARTS = 5;
  /** Of the seconds that a row has whatever others take: what is cheap is timed for long. */
  private static final double SHARE = 0.01;
  /** What of the scores the table shows. */
  private static final List<String> SHOWN = List.of("explained_variance", "explained_variance_clipped", "correlation",
      "correlation_clipped", "precision_1ms", "recall_1ms", "precision_5ms", "recall_5ms", "exact_bin", "recall_chance", "auc");

  @Parameters(paramLabel = "SURROGATE", arity = "0..*",
      description = "Surrogates: names or files (.safetensors). Default: those of the cell that come with Galvani")
  private List<String> surrogates = new ArrayList<>();

  @Option(names = "--cell", paramLabel = "CELL", defaultValue = "l5pc",
      description = "The protocol whose cell and input are used: l5pc, ball, or a file (.yaml); or a cell's file, driven as that of these two"
          + " whose synapses it has. Default: ${DEFAULT-VALUE}")
  private String protocol;

  @Option(names = "--cells", paramLabel = "N,...", split = ",", defaultValue = "1,50,5000",
      description = "Numbers of cells to time. Default: ${DEFAULT-VALUE}")
  private List<Integer> cells;

  @Option(names = "--ms", paramLabel = "T", defaultValue = "1000",
      description = "Biological time that is timed, as far as the seconds allow. Default: ${DEFAULT-VALUE} ms")
  private double ms;

  @Option(names = "--seconds", paramLabel = "S", defaultValue = "25",
      description = "Wall time for all that is measured; each engine has at least 40 ms of biological time. Default: ${DEFAULT-VALUE}")
  private double seconds;

  @Option(names = "--report", paramLabel = "FILE.html",
      description = "Where the report goes: one HTML file that needs nothing else. Default: compare-PROTOCOL.html")
  private Path report;

  @Option(names = "--long", description = "Also score runs of much time, part by part: does a surrogate drift?")
  private boolean asLong;

  @Option(names = "--no-neuron", description = "Do not time NEURON, even if it is installed.")
  private boolean noNeuron;

  @Option(names = "--device", paramLabel = "auto|cpu|cuda", defaultValue = "auto",
      description = "Where all but NEURON runs: the processor, an NVIDIA GPU, or that if there is one. Default: ${DEFAULT-VALUE}")
  private String deviceName;

  @Option(names = "--precision", paramLabel = "f64|f32|bf16", defaultValue = "f32",
      description = "Floats of surrogates. Default: ${DEFAULT-VALUE}")
  private String precision;

  @Option(names = "--threads", paramLabel = "N", description = "Threads of each engine but NEURON. Default: one for each core")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Spec private CommandSpec spec;
  private Device device;
  private SurrogateOptions options;

  @Override
  public Integer call() throws IOException {
    long started = System.nanoTime();
    if (cells.stream().anyMatch(n -> n < 1) || !(ms >= 1) || !(seconds > 0) || threads < 1) {
      throw new InputException("compare", null, "--cells " + cells + ", --ms " + ms + ", --seconds " + seconds + ", --threads " + threads,
          "All must be above 0");
    }
    device = EngineOptions.device(deviceName);
    options = SurrogateOptions.DEFAULT.threads(threads).precision(EngineOptions.surrogatePrecision(precision));
    var p = Protocol.loadFor(protocol);
    if (asLong) {
      ScoreCommand.requireLong(p);
    }
    var chosen = chosen(p);
    PrintWriter out = spec.commandLine().getOut();
    String machine = Machine.cpu() + ", " + Runtime.getRuntime().availableProcessors() + " cores; " + device.description();
    out.printf("%s on %s%n%n", p.cell(), machine);
    var findings = new CompareReport(p.cell(), p.sample(), "galvani " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
        machine, threads, ms);
    Path file = report == null ? Path.of("compare-" + p.name() + ".html") : report;
    if (chosen.isEmpty()) {
      out.printf("No surrogate of %s comes with Galvani; name files.%n%n", p.cell());
    } else {
      agree(out, p, chosen, findings);
      write(file, findings);
      if (asLong) {
        drift(out, p, chosen, findings);
        write(file, findings);
      }
    }
    cost(out, p, chosen, findings, file, started);
    out.printf("%n%s%n", file);
    return 0;
  }

  private Map<String, Surrogate> chosen(Protocol p) {
    var chosen = new LinkedHashMap<String, Surrogate>();
    for (String name : surrogates.isEmpty() ? Surrogates.names() : surrogates) {
      var s = Surrogates.load(name);
      if (!surrogates.isEmpty() || s.name().equals(p.cell())) {
        chosen.put(name.replaceFirst(".*/", "").replaceFirst("\\.safetensors$", ""), s);
      }
    }
    return chosen;
  }

  private static void write(Path file, CompareReport findings) throws IOException {
    AtomicFile.write(file, List.of(StandardCharsets.UTF_8.encode(findings.html())));
  }

  // ---- agreement -----------------------------------------------------------------------------------------------------

  private void agree(PrintWriter out, Protocol p, Map<String, Surrogate> chosen, CompareReport findings) {
    var judgement = ScoreCommand.judgement(p, Protocol.Use.TEST, RUNS, device, threads);
    var scores = new LinkedHashMap<String, List<Score>>();
    var others = new LinkedHashMap<String, List<Fit>>();
    chosen.forEach((name, s) -> {
      var outcome = judgement.judge(s, name, options);
      scores.put(name, judgement.scores(outcome.runs()));
      others.put(name, outcome.others());
      findings.add(name, outcome, scores.get(name));
    });
    out.printf("Agreement with the direct engine (f64, exact), %d runs of %.0f ms, %d spikes; %%, 95 %% interval%n%n", RUNS,
        p.runs().get(Protocol.Use.TEST).ms(), judgement.spikes());
    out.printf("  %-48s", "");
    scores.keySet().forEach(name -> out.printf(" %26s", name));
    out.println();
    for (Score row : scores.values().iterator().next()) {
      if (!SHOWN.contains(row.key())) {
        continue;
      }
      out.printf("  %-48s", row.name());
      scores.values().forEach(list -> {
        var s = list.stream().filter(x -> x.key().equals(row.key())).findFirst().orElseThrow();
        var i = s.interval();
        out.printf(" %26s", String.format("%.1f", 100 * s.pooled())
            + (Double.isNaN(i.low()) ? "" : String.format(" (%.1f to %.1f)", 100 * i.low(), 100 * i.high())));
      });
      out.println();
    }
    for (String quantity : CompareReport.quantities(others)) {
      out.printf("  %-48s", "explained variance of " + quantity);
      others.values().forEach(fits -> out.printf(" %26s", CompareReport.fit(fits, quantity)
          .map(f -> String.format("%.1f", 100 * f.explained())).orElse("")));
      out.println();
    }
    out.println();
    out.flush();
  }

  private void drift(PrintWriter out, Protocol p, Map<String, Surrogate> chosen, CompareReport findings) {
    int traces = Math.min(LONG_RUNS, p.runs().get(Protocol.Use.LONG).traces());
    var judgement = ScoreCommand.judgement(p, Protocol.Use.LONG, traces, device, threads);
    out.printf("The same over time: explained variance clipped at -50 mV, and F1 of spikes at ±5 ms, in %%, of %d runs%n%n", traces);
    chosen.forEach((name, s) -> {
      List<Part> parts = ClosedLoopScores.parts(judgement.runs(s, name, options), PARTS, p.sample());
      findings.addLong(name, parts);
      out.printf("  %-24s", name);
      parts.forEach(x -> out.printf("  %.0f-%.0f ms: %.1f, %.1f", x.from(), x.to(), 100 * x.clipped(), 100 * x.spikes().f1()));
      out.println();
    });
    out.println();
    out.flush();
  }

  // ---- cost ----------------------------------------------------------------------------------------------------------

  // Each row has its share of the seconds that are left; the report is written after each, so that an end in between loses nothing.
  private void cost(PrintWriter out, Protocol p, Map<String, Surrogate> chosen, CompareReport findings, Path file, long started)
      throws IOException {
    var engines = new LinkedHashMap<String, Comparison.Engine>();
    if (!noNeuron) {
      NeuronEngine.of(p, why -> out.printf("NEURON is not timed: %s%n%n", why)).ifPresent(e -> engines.put(NeuronEngine.NAME, e));
    }
    engines.putAll(Comparison.engines(p, chosen, device, threads, options));
    out.printf("Cost of the same input, %d thread%s%s%n%n", threads, threads == 1 ? "" : "s",
        engines.containsKey(NeuronEngine.NAME) && threads > 1 ? "; NEURON has 1" : "");
    out.printf("  %7s  %-24s %18s %18s %14s%n", "cells", "engine", "s per second", "us per cell, ms", "times first");
    int left = cells.size() * engines.size();
    var before = new HashMap<String, Cost>();
    for (int i = 0; i < cells.size(); i++) {
      int n = cells.get(i);
      Cost first = null;
      for (var e : engines.entrySet()) {
        // What rows to come take at least is set aside, as far as smaller populations tell.
        double aside = 0;
        for (Cost b : before.values()) {
          for (int later : cells.subList(b.cells() == n ? i + 1 : i, cells.size())) {
            aside += Comparison.least(b, engines.get(b.engine()).held(later));
          }
        }
        double share = Math.max(SHARE * seconds, (seconds - (System.nanoTime() - started) / 1e9 - aside) / left--);
        Cost c = Comparison.time(e.getKey(), e.getValue(), p, n, ms, share);
        before.put(e.getKey(), c);
        first = first == null ? c : first;
        out.printf("  %7d  %-24s %18.5f %18.4f %13.1fx  %s%n", n, c.engine(), c.perSecond(), c.perCellAndMs(),
            first.perSecond() / c.perSecond(), c.extrapolated(ms));
        out.flush();
        findings.add(c);
        write(file, findings);
      }
    }
  }
}
