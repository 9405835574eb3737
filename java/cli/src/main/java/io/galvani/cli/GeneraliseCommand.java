package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.io.AtomicFile;
import io.galvani.surrogate.Surrogates;
import io.galvani.training.Generalisation;
import io.galvani.training.Generalisation.Curve;
import io.galvani.training.Generalisation.Finding;
import io.galvani.training.Protocol;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code galvani generalise}. */
@Command(name = "generalise", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Give a surrogate and its cell input that it was not trained on: other weights, other proportions, several synapses a"
        + " site, correlated events; and a changed cell, where one was fitted to it.",
    footer = {"", "The experiments are those of Olah et al. 2022, whose numbers stand beside.%n"})
final class GeneraliseCommand implements Callable<Integer> {
  /** With the input, for the progress bar. */
  private static final int EXPERIMENTS = 7;
  private static final int COLUMNS = 10;

  @Parameters(paramLabel = "SURROGATE", description = "A surrogate that comes with Galvani, or a file (.safetensors).")
  private String surrogate;

  @Option(names = "--protocol", paramLabel = "NAME|FILE",
      description = "A protocol that comes with Galvani, or a file (.yaml). Default: that of the surrogate's cell")
  private String protocol;

  @Option(names = "--changed", paramLabel = "CELL=SURROGATE",
      description = "Also a changed cell (.yaml), and the surrogate that was fitted to it (train --cell CELL --from SURROGATE --top N).")
  private Map<String, String> changed = new LinkedHashMap<>();

  @Option(names = "--runs", paramLabel = "N", defaultValue = "100", description = "Runs of each experiment. Default: ${DEFAULT-VALUE}")
  private int runs;

  @Option(names = "--out", paramLabel = "FILE", description = "Also write a report: .html, one file that needs nothing else, or .md.")
  private Path out;

  @Mixin private EngineOptions engine;

  @Option(names = "--threads", paramLabel = "N", description = "Threads. Default: one for each core")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (runs < 1) {
      throw new InputException("--runs", null, runs + " is below 1", null);
    }
    if (out != null && !out.toString().matches(".*\\.(html|md)")) {
      throw new InputException("--out", null, out + " is neither .html nor .md", null);
    }
    var s = Surrogates.load(surrogate);
    var p = Protocol.load(protocol != null ? protocol : s.provenance().cell());
    PrintWriter print = spec.commandLine().getOut();
    int[] done = {0};
    Generalisation g;
    try (var progress = new Progress("generalise", "experiments", EXPERIMENTS + changed.size())) {
      g = new Generalisation(p, s, surrogate, engine.device(), runs, threads, next -> progress.at(done[0]++));
      g.input();
      changed.forEach((cell, fitted) -> g.changed(cell, Surrogates.load(fitted), fitted));
    }
    print.printf("%s beside %s, %d runs of %.0f ms an experiment%n%n", surrogate, p.cell(), runs, p.runs().get(Protocol.Use.TEST).ms());
    table(print, g.findings());
    g.curves().forEach(c -> curve(print, c));
    if (out != null) {
      String command = "galvani " + String.join(" ", spec.commandLine().getParseResult().originalArgs());
      String text = out.toString().endsWith(".md") ? markdown(p, g, command) : html(p, g, command);
      AtomicFile.write(out, List.of(StandardCharsets.UTF_8.encode(text)));
      print.printf("%n%s%n", out);
    }
    return 0;
  }

  private static String number(Finding f, double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.2f", f.unit().isEmpty() ? 100 * value : value);
  }

  private static String quantity(Finding f) {
    return f.quantity() + ", " + (f.unit().isEmpty() ? "%" : f.unit());
  }

  private static void table(PrintWriter print, List<Finding> findings) {
    print.printf("  %-54s %-46s %9s %9s  %s%n", "", "", "cell", "surrogate", "paper");
    String last = "";
    for (Finding f : findings) {
      print.printf("  %-54s %-46s %9s %9s  %s%n", f.experiment().equals(last) ? "" : f.experiment(), quantity(f), number(f, f.cell()),
          number(f, f.surrogate()), f.paper());
      last = f.experiment();
    }
  }

  // As many points as a line holds; a report has them all.
  private static void curve(PrintWriter print, Curve c) {
    int every = Math.ceilDiv(c.at().length, COLUMNS);
    print.printf("%n  %s%n", c.title());
    line(print, c.x(), c.at(), every, "%8.4g");
    line(print, c.y() + ", cell", c.cell(), every, "%8.2f");
    line(print, "surrogate", c.surrogate(), every, "%8.2f");
  }

  private static void line(PrintWriter print, String name, double[] values, int every, String format) {
    print.printf("  %-36s", name);
    for (int i = every - 1; i < values.length; i += every) {
      print.printf(format, values[i]);
    }
    print.println();
  }

  private String title(Protocol p) {
    return surrogate.replaceFirst(".*/", "") + " and " + p.cell() + " beyond training";
  }

  private String machine() {
    return engine.device().description();
  }

  private String markdown(Protocol p, Generalisation g, String command) {
    var text = new StringBuilder("# " + title(p) + "\n\n" + machine() + ". `" + command + "`\n\n");
    text.append("| changed | measured | cell | surrogate | paper |\n|---|---|---|---|---|\n");
    for (Finding f : g.findings()) {
      text.append("| ").append(String.join(" | ", f.experiment(), quantity(f), number(f, f.cell()), number(f, f.surrogate()), f.paper()))
          .append(" |\n");
    }
    for (Curve c : g.curves()) {
      text.append(String.format(Locale.ROOT, "%n| %s: %s | %s, cell | surrogate |%n|---|---|---|%n", c.title(), c.x(), c.y()));
      for (int i = 0; i < c.at().length; i++) {
        text.append(String.format(Locale.ROOT, "| %.5g | %.2f | %.2f |%n", c.at()[i], c.cell()[i], c.surrogate()[i]));
      }
    }
    return text.toString();
  }

  private String html(Protocol p, Generalisation g, String command) {
    var html = new StringBuilder(Page.begin(title(p), machine(), command));
    for (Curve c : g.curves()) {
      double most = Math.max(Arrays.stream(c.cell()).max().orElseThrow(), Arrays.stream(c.surrogate()).max().orElseThrow());
      var plot = new Plot(c.title(), 220, new Plot.Axis(c.x(), 0, c.at()[c.at().length - 1], false),
          new Plot.Axis(c.y(), 0, Math.max(1e-3, 1.1 * most), false)).line(c.at(), c.cell(), 0).line(c.at(), c.surrogate(), 1);
      html.append("<h2>").append(Plot.escaped(c.title())).append("</h2>\n")
          .append(Page.figure("", List.of(plot.html()), List.of("cell", surrogate.replaceFirst(".*/", ""))));
    }
    html.append("<h2>All numbers</h2>\n<div class=\"wide\"><table><tr><th>changed</th><th>measured</th><th>cell</th><th>surrogate</th>"
        + "<th>paper</th></tr>\n");
    for (Finding f : g.findings()) {
      html.append("<tr>");
      for (String text : List.of(f.experiment(), quantity(f), number(f, f.cell()), number(f, f.surrogate()), f.paper())) {
        html.append("<td>").append(Plot.escaped(text)).append("</td>");
      }
      html.append("</tr>\n");
    }
    return html.append("</table></div>\n").append(Page.END).toString();
  }
}
