package io.galvani.cli;

import io.galvani.trace.ClosedLoopScores.Part;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.trace.SpikeMatching;
import io.galvani.training.Comparison.Cost;
import io.galvani.training.Judgement.Fit;
import io.galvani.training.Judgement.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What {@code compare} found, as one HTML file that needs nothing else: to be read on screen, on a phone, on paper. */
final class CompareReport {
  private static final int OVERLAYS = 3;
  private static final int RASTER = 20;
  /** Strokes of reported spikes in plots of the voltage, mV. */
  private static final double SPIKE_FOOT = -50;
  private static final double SPIKE_HEIGHT = 75;
  private final StringBuilder html = new StringBuilder();
  private final String cell;
  private final double sample;
  private final String command;
  private final String machine;
  private final int threads;
  private final double wanted;
  private final Map<String, List<Run>> runs = new LinkedHashMap<>();
  private final Map<String, List<Score>> scores = new LinkedHashMap<>();
  private final Map<String, List<Fit>> others = new LinkedHashMap<>();
  private final Map<String, List<Part>> drift = new LinkedHashMap<>();
  private final List<Cost> costs = new ArrayList<>();

  /**
   * @param cell its name
   * @param sample ms
   * @param command that made it
   * @param machine that it was made on
   * @param threads of each engine
   * @param wanted biological time in ms that should be timed
   */
  CompareReport(String cell, double sample, String command, String machine, int threads, double wanted) {
    this.cell = cell;
    this.sample = sample;
    this.command = command;
    this.machine = machine;
    this.threads = threads;
    this.wanted = wanted;
  }

  /** Runs of a surrogate, the same for each, and their scores. */
  void add(String surrogate, Outcome of, List<Score> scored) {
    runs.put(surrogate, of.runs());
    scores.put(surrogate, scored);
    others.put(surrogate, of.others());
  }

  /** Long runs of a surrogate, cut into parts. */
  void addLong(String surrogate, List<Part> parts) {
    drift.put(surrogate, parts);
  }

  /** What was timed. */
  void add(Cost cost) {
    costs.add(cost);
  }

  /** The file, of what there is so far. */
  String html() {
    html.setLength(0);
    String title = cell + ": the equations and what stands for them";
    html.append(Page.begin(title, machine, command));
    if (!runs.isEmpty()) {
      overlays();
      rasters();
      agreement();
      shifts();
    }
    if (!drift.isEmpty()) {
      drift();
    }
    if (!costs.isEmpty()) {
      cost();
      worth();
      breakdown();
    }
    return html.append(Page.END).toString();
  }

  // A surrogate has one colour in all plots: the direct engine, the surrogates, what else there is.
  private List<String> engines() {
    var names = costs.stream().map(Cost::engine).distinct().toList();
    var direct = names.stream().filter(n -> n.startsWith("direct")).limit(1);
    return Stream.of(direct, runs.keySet().stream(), names.stream()).flatMap(n -> n).distinct().toList();
  }

  private void add(String format, Object... values) {
    html.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void figure(String caption, List<String> plots, List<String> keys) {
    html.append(Page.figure(caption, plots, keys));
  }

  private List<String> withCell() {
    var keys = new ArrayList<>(List.of("direct engine"));
    keys.addAll(runs.keySet());
    return keys;
  }

  // The runs with the most spikes show the most.
  private void overlays() {
    var all = runs.values().iterator().next();
    var chosen = IntStream.range(0, all.size()).boxed()
        .sorted((a, b) -> Integer.compare(all.get(b).trueSpikes().length, all.get(a).trueSpikes().length)).skip(all.size() / 4)
        .limit(OVERLAYS).toList();
    var plots = new ArrayList<String>();
    for (int i : chosen) {
      var truth = all.get(i).truth();
      double[] t = new double[truth.length];
      Arrays.setAll(t, n -> n * sample);
      var plot = new Plot("voltage of run " + i, 190, new Plot.Axis("time, ms", 0, t.length * sample, false),
          new Plot.Axis("voltage, mV", -90, 50, false));
      plot.line(t, truth, 0);
      int series = 1;
      for (var r : runs.values()) {
        plot.line(t, r.get(i).below(), series).strokes(r.get(i).predictedSpikes(), SPIKE_FOOT, SPIKE_HEIGHT, series);
        series++;
      }
      plots.add(plot.html());
    }
    add("<h2>Voltage</h2>");
    figure("Runs " + chosen + " of " + all.size() + ": the same synaptic input. A surrogate is never shown the true voltage. Its line is the"
        + " voltage that it predicts below spikes, if it has an output for that; a stroke is a spike that it reports.", plots, withCell());
  }

  private void rasters() {
    var all = runs.values().iterator().next();
    int rows = Math.min(RASTER, all.size());
    var plot = new Plot("spikes", 60 + rows * 14, new Plot.Axis("time, ms", 0, all.getFirst().truth().length * sample, false),
        new Plot.Axis("run", 0, rows, false));
    double height = 0.8 / (runs.size() + 1);
    for (int i = 0; i < rows; i++) {
      plot.strokes(all.get(i).trueSpikes(), i + 0.1 + runs.size() * height, 0.9 * height, 0);
      int series = 1;
      for (var r : runs.values()) {
        plot.strokes(r.get(i).predictedSpikes(), i + 0.1 + (runs.size() - series) * height, 0.9 * height, series);
        series++;
      }
    }
    add("<h2>Spikes</h2>");
    figure("Each row is a run; in it the spikes of the direct engine on top, those of the surrogates below.", List.of(plot.html()),
        withCell());
  }

  private void agreement() {
    add("<h2>Agreement</h2>");
    html.append(Page.scores(scores));
    var quantities = quantities(others);
    if (quantities.isEmpty()) {
      return;
    }
    add("<div class=\"wide\"><table><tr><th>explained variance of what else is recorded, %%; Pearson r</th>%s</tr>", others.keySet().stream()
        .map(s -> "<th>" + Plot.escaped(s) + "</th>").collect(Collectors.joining()));
    for (String quantity : quantities) {
      add("<tr><td>%s</td>%s</tr>", Plot.escaped(quantity), others.values().stream().map(fits -> fit(fits, quantity)
          .map(f -> String.format(Locale.ROOT, "%.1f; %.3f", 100 * f.explained(), f.correlation())).orElse(""))
          .map(c -> "<td>" + c + "</td>").collect(Collectors.joining()));
    }
    add("</table></div>");
  }

  /** What is recorded beside the voltage, and said by one surrogate at least. */
  static List<String> quantities(Map<String, List<Fit>> others) {
    return others.values().stream().flatMap(List::stream).map(Fit::quantity).distinct().toList();
  }

  /** How well a surrogate says a quantity, if it does. */
  static Optional<Fit> fit(List<Fit> fits, String quantity) {
    return fits.stream().filter(f -> f.quantity().equals(quantity)).findFirst();
  }

  private void shifts() {
    var plots = new ArrayList<String>();
    int series = 1;
    for (var entry : runs.entrySet()) {
      int[] count = new int[11];
      int hits = 0;
      for (Run r : entry.getValue()) {
        for (double shift : SpikeMatching.oneToOne(r.trueSpikes(), r.predictedSpikes(), 5).shifts()) {
          count[(int) Math.rint(shift) + 5]++;
          hits++;
        }
      }
      var plot = new Plot("shifts of spikes of " + entry.getKey(), 170, new Plot.Axis("predicted − true, ms", -5.5, 5.5, false),
          new Plot.Axis("spikes, %", 0, 100, false));
      for (int i = 0; i < count.length; i++) {
        plot.bar(i - 5.4, i - 4.6, hits == 0 ? 0 : 100.0 * count[i] / hits, series);
      }
      plots.add(plot.html());
      series++;
    }
    add("<h2>Spike times</h2>");
    figure("Shifts of the spikes that were hit within 5 ms.", plots, withCell());
  }

  private void drift() {
    double end = drift.values().iterator().next().getLast().to();
    var voltage = new Plot("explained variance over time", 190, new Plot.Axis("time since the start, ms", 0, end, false),
        new Plot.Axis("explained, %", 0, 100, false));
    var spikes = new Plot("F1 of spikes over time", 190, new Plot.Axis("time since the start, ms", 0, end, false),
        new Plot.Axis("F1, %", 0, 100, false));
    int series = 1;
    for (var parts : drift.values()) {
      double[] middle = parts.stream().mapToDouble(p -> (p.from() + p.to()) / 2).toArray();
      voltage.line(middle, parts.stream().mapToDouble(p -> Math.max(0, 100 * p.clipped())).toArray(), series);
      spikes.line(middle, parts.stream().mapToDouble(p -> 100 * p.spikes().f1()).toArray(), series);
      series++;
    }
    add("<h2>Long runs</h2>");
    figure("Above, explained variance of the voltage clipped at −50 mV; below, F1 of the spikes at ±5 ms: a surrogate that drifts falls.",
        List.of(voltage.html(), spikes.html()), withCell());
  }

  private void cost() {
    List<String> engines = engines();
    var published = Published.of(cell);
    var points = Stream.concat(costs.stream().map(c -> new Published.Point(c.engine(), c.cells(), c.perSecond())),
        published.stream().flatMap(List::stream)).toList();
    int least = points.stream().mapToInt(Published.Point::cells).min().orElseThrow();
    int most = points.stream().mapToInt(Published.Point::cells).max().orElseThrow();
    double fastest = points.stream().mapToDouble(Published.Point::perSecond).min().orElseThrow();
    double slowest = points.stream().mapToDouble(Published.Point::perSecond).max().orElseThrow();
    var plot = new Plot("cost", 320, new Plot.Axis("cells", least * 0.8, Math.max(most * 1.25, least * 10.0), true),
        new Plot.Axis("wall s per s of all cells", decade(fastest, -1), decade(slowest, 1), true));
    for (int e = 0; e < engines.size(); e++) {
      String name = engines.get(e);
      var of = costs.stream().filter(c -> c.engine().equals(name)).toList();
      double[] cells = of.stream().mapToDouble(Cost::cells).toArray();
      double[] seconds = of.stream().mapToDouble(Cost::perSecond).toArray();
      plot.line(cells, seconds, e).marks(cells, seconds, Plot.Mark.DOT, e);
    }
    var keys = new StringBuilder();
    for (int c = 0; c < published.size(); c++) {
      var mark = Plot.Mark.values()[1 + c % (Plot.Mark.values().length - 1)];
      plot.marks(published.get(c).stream().mapToDouble(Published.Point::cells).toArray(),
          published.get(c).stream().mapToDouble(Published.Point::perSecond).toArray(), mark, 0);
      keys.append(Plot.key(published.get(c).getFirst().name(), mark));
    }
    add("<h2>Cost</h2>");
    figure(keys + (keys.isEmpty() ? "" : "<br>") + "Lower is faster. Each engine has " + threads + (threads == 1 ? " thread" : " threads")
        + ", NEURON one." + (published.isEmpty() ? "" : " The paper is Oláh, Pedersen &amp; Rowan 2022, its cells and its machines; of "
        + "many cells in NEURON it extrapolated the time from few."), List.of(plot.html()), engines);
    add("<div class=\"wide\"><table><tr><th>engine</th><th>cells</th><th>s per s</th><th>µs per cell and ms</th><th>first is</th><th></th></tr>");
    for (Cost c : costs) {
      double first = costs.stream().filter(f -> f.cells() == c.cells()).findFirst().orElseThrow().perSecond();
      add("<tr><td>%s</td><td>%d</td><td>%.5f</td><td>%.4f</td><td>%.1f×</td><td>%s</td></tr>", Plot.escaped(c.engine()), c.cells(),
          c.perSecond(), c.perCellAndMs(), first / c.perSecond(), c.extrapolated(wanted));
    }
    add("</table></div>");
  }

  // What the accuracy of each surrogate costs, and what the direct engine does, of the row with the most cells.
  private void worth() {
    int most = costs.stream().mapToInt(Cost::cells).max().orElseThrow();
    var shown = costs.stream().filter(c -> c.cells() == most && scores.containsKey(c.engine())).toList();
    var first = costs.stream().filter(c -> c.cells() == most && c.engine().startsWith("direct")).findFirst();
    if (shown.isEmpty() || first.isEmpty()) {
      return;
    }
    double fastest = shown.stream().mapToDouble(Cost::perCellAndMs).min().orElseThrow();
    double slowest = Stream.concat(shown.stream(), first.stream()).mapToDouble(Cost::perCellAndMs).max().orElseThrow();
    var plot = new Plot("what accuracy costs", 260, new Plot.Axis("µs per cell and ms", decade(fastest, -1), decade(slowest, 1), true),
        new Plot.Axis("F1 of spikes at ±5 ms, %", 0, 100, false));
    var engines = engines();
    plot.marks(new double[] {first.get().perCellAndMs()}, new double[] {100}, Plot.Mark.DOT, 0);
    for (Cost c : shown) {
      double f1 = scores.get(c.engine()).stream().filter(s -> s.key().equals("f1_5ms")).findFirst().orElseThrow().pooled();
      plot.marks(new double[] {c.perCellAndMs()}, new double[] {Double.isNaN(f1) ? 0 : 100 * f1}, Plot.Mark.DOT,
          engines.indexOf(c.engine()));
    }
    add("<h2>What accuracy costs</h2>");
    figure("One of " + most + " cells. Further left is faster, higher is closer to the direct engine, which is 100 % by definition.",
        List.of(plot.html()), withCell());
  }

  // Of the row with the most cells that every engine has.
  private void breakdown() {
    int most = costs.stream().mapToInt(Cost::cells).max().orElseThrow();
    add("<h2>Where the time goes</h2><div class=\"wide\"><table><tr><th>%d cells, s</th><th>build, once</th>"
        + "<th>sort the events of 1 s</th><th>integrate 1 s</th></tr>", most);
    for (Cost c : costs) {
      if (c.cells() == most) {
        add("<tr><td>%s</td><td>%.4f</td><td>%.4f</td><td>%.4f</td></tr>", Plot.escaped(c.engine()), c.build(),
            c.input() / (c.ms() / 1000), c.perSecond());
      }
    }
    add("</table></div><p>Building includes what comes before the clock starts, 10 ms of the cells and, of ours, 0.3 s at least, in which"
        + " memory is touched and code is compiled. Input is drawn and sorted by the same code for all.</p>");
  }

  private static double decade(double value, int direction) {
    double exponent = Math.log10(value);
    return Math.pow(10, direction < 0 ? Math.floor(exponent) : Math.ceil(exponent));
  }
}
