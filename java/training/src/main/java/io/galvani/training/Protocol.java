package io.galvani.training;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.Probe;
import io.galvani.Slot;
import io.galvani.cell.Cells;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.Fingerprint;
import io.galvani.io.Origin;
import io.galvani.io.YamlMap;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What a cell is given and what is asked of it, fixed before anything is trained: random input, recorded quantities, and the runs for
 * training, validation and test. The file format is described in {@code io/galvani/protocols/README.md} among the resources.
 *
 * @param name of the protocol
 * @param cell as {@link Cells#load} takes it
 * @param sample ms from row to row
 * @param scale factor of all rates, drawn once a trace
 * @param inputs where events arrive
 * @param outputs what is recorded, by name; the first is the voltage whose spikes count
 * @param threshold of these spikes in mV
 * @param below mV at which surrogates cut the voltage off in a further output of theirs, which is about what leads to spikes, not about
 *     these; NaN: they have none
 * @param runs by their use
 * @param text of the file
 */
public record Protocol(String name, String cell, double sample, Scale scale, List<Input> inputs, Map<String, Probe> outputs,
    double threshold, double below, Map<Use, Runs> runs, String text) {
  private static final List<String> SHIPPED = List.of("ball", "l5pc");
  private static final List<String> KEYS = List.of("about", "cell", "sample", "scale", "inputs", "outputs", "spikes", "runs");

  /** What runs are for. Only {@link #TEST} and, where a protocol has them, runs of much time ({@link #LONG}) are scored, and nothing is
   * chosen by them. */
  public enum Use {
    TRAINING, VALIDATION, TEST, LONG;

    /** As files spell it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Factors: {@code from + (to − from) · u^power}, u even from 0 to 1.
   *
   * @param from the least
   * @param to the largest
   * @param power 1: even; above: small ones are more frequent
   */
  public record Scale(double from, double to, double power) {
    double at(double u) {
      return from + (to - from) * Math.pow(u, power);
    }
  }

  /**
   * Synapses that are driven alike, each by a Poisson process of its own.
   *
   * @param name of the channel; of several, the beginning of their names
   * @param slots of the cell: one slot, or the name that a group of them begins with
   * @param on region that they lie on; empty: anywhere
   * @param sites how many of them, drawn once; 0: all
   * @param seed of that draw
   * @param rate events per second and synapse, at a scale of 1
   */
  public record Input(String name, String slots, String on, int sites, long seed, double rate) {}

  /**
   * A synapse that is driven: a channel of the surrogate.
   *
   * @param name of the channel
   * @param slot of the cell
   * @param rate events per second at a scale of 1
   */
  public record Site(String name, Slot slot, double rate) {}

  /**
   * Runs of one use.
   *
   * @param traces how many
   * @param warmup ms before anything counts
   * @param ms that count
   * @param silent every so-manieth trace is left without input; 0: none
   * @param seed of their input
   */
  public record Runs(int traces, double warmup, double ms, int silent, long seed) {}

  /** Names of the protocols that come with Galvani. */
  public static List<String> names() {
    return SHIPPED;
  }

  /**
   * A protocol by name or file.
   *
   * @param nameOrPath one of {@link #names}, or a file ({@code .yaml})
   * @throws InputException if there is none, or it has a fault
   */
  public static Protocol load(String nameOrPath) {
    if (SHIPPED.contains(nameOrPath)) {
      String resource = "/io/galvani/protocols/" + nameOrPath + ".yaml";
      try (var in = Protocol.class.getResourceAsStream(resource)) {
        return read(nameOrPath + ".yaml", nameOrPath, new String(in.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new GalvaniException(resource + " is not in the jar", e);
      }
    }
    if (!nameOrPath.endsWith(".yaml") && !nameOrPath.endsWith(".yml")) {
      throw InputException.unknown("protocol", null, "protocol", nameOrPath, SHIPPED);
    }
    Path path = Path.of(nameOrPath);
    try {
      return read(nameOrPath, path.getFileName().toString().replaceFirst("\\.ya?ml$", ""), Files.readString(path));
    } catch (IOException e) {
      throw InputException.unreadable(path, e);
    }
  }

  /**
   * A protocol, or for a cell the one that comes with Galvani and drives synapses such as it has.
   *
   * @param nameOrPath as {@link #load} has it, or a cell's file
   * @throws InputException if it is neither, or no protocol suits the cell
   */
  public static Protocol loadFor(String nameOrPath) {
    boolean yaml = nameOrPath.matches(".*\\.ya?ml");
    boolean isCell = yaml ? isCell(Path.of(nameOrPath)) : nameOrPath.matches(".*\\.csv(\\.gz)?");
    if (!isCell) {
      return load(nameOrPath);
    }
    var cell = Cells.load(nameOrPath);
    return SHIPPED.stream().map(p -> load(p).on(nameOrPath)).filter(p -> p.suits(cell)).findFirst()
        .orElseThrow(() -> new InputException(nameOrPath, null, "is a cell, and none of the protocols " + String.join(", ", SHIPPED)
            + " drives such synapses as it has, or records what it has", "Write a protocol that names the cell"));
  }

  private static boolean isCell(Path path) {
    try (var text = Files.newBufferedReader(path)) {
      var keys = YamlMap.read(path.toString(), text).keys();
      return !keys.contains("inputs") && (keys.contains("sections") || keys.contains("regions") || keys.contains("morphology"));
    } catch (IOException e) {
      throw InputException.unreadable(path, e);
    }
  }

  private boolean suits(CompiledCell of) {
    try {
      sites(of);
      outputs.values().forEach(o -> of.locate(o.at()));
      return true;
    } catch (InputException e) {
      return false;
    }
  }

  /** Reads a text; {@code source} names it in errors. */
  static Protocol read(String source, String name, String text) {
    var file = YamlMap.read(source, new StringReader(text)).only(KEYS);
    double sample = number(file, "sample", "ms", 1e-3, 1000);
    var s = file.map("scale").only(List.of("from", "to", "power"));
    double from = number(s, "from", "", 0, 1e6);
    var scale = new Scale(from, number(s, "to", "", from, 1e6), s.has("power") ? number(s, "power", "", 0.1, 10) : 1);
    var inputs = new ArrayList<Input>();
    for (String key : file.map("inputs").keys()) {
      inputs.add(input(key, file.map("inputs").map(key)));
    }
    var outputs = new LinkedHashMap<String, Probe>();
    for (String key : file.map("outputs").keys()) {
      outputs.put(key, probe(file.map("outputs"), key));
    }
    if (inputs.isEmpty() || outputs.isEmpty()) {
      throw file.origin().fault("a protocol without " + (inputs.isEmpty() ? "inputs" : "outputs"), null);
    }
    var spikes = file.map("spikes").only(List.of("threshold", "below"));
    double threshold = number(spikes, "threshold", "mV", -200, 200);
    double below = spikes.has("below") ? number(spikes, "below", "mV", -200, 200) : Double.NaN;
    var runs = new EnumMap<Use, Runs>(Use.class);
    var all = file.map("runs").only(Arrays.stream(Use.values()).map(Use::toString).toList());
    for (Use use : Use.values()) {
      if (use != Use.LONG || all.has(use.toString())) {
        runs.put(use, runs(all.map(use.toString()), all.origin(use.toString()), sample));
      }
    }
    return new Protocol(name, file.text("cell"), sample, scale, List.copyOf(inputs), outputs, threshold, below, runs, text);
  }

  private static Input input(String name, YamlMap y) {
    y.only(List.of("slots", "on", "sites", "seed", "rate"));
    int sites = y.has("sites") ? (int) number(y, "sites", "", 1, 1e6) : 0;
    if (sites > 0 != y.has("seed")) {
      throw y.origin(sites > 0 ? "sites" : "seed").fault("sites and the seed that they are drawn with go together", null);
    }
    return new Input(name, y.text("slots"), y.has("on") ? y.text("on") : "", sites, sites > 0 ? y.whole("seed") : 0,
        number(y, "rate", "Hz", 0, 1e6));
  }

  private static Runs runs(YamlMap y, Origin origin, double sample) {
    y.only(List.of("traces", "warmup", "ms", "silent", "seed"));
    double warmup = y.has("warmup") ? number(y, "warmup", "ms", 0, 1e9) : 0;
    double ms = number(y, "ms", "ms", sample, 1e9);
    for (double time : new double[] {warmup, ms}) {
      if (Math.abs(Math.rint(time / sample) * sample - time) > 1e-9 * time) {
        throw origin.fault(time + " ms are no whole number of samples of " + sample + " ms", null);
      }
    }
    return new Runs((int) number(y, "traces", "", 1, 1e7), warmup, ms, y.has("silent") ? (int) number(y, "silent", "", 2, 1e7) : 0,
        y.whole("seed"));
  }

  private static Probe probe(YamlMap y, String key) {
    try {
      return Probe.parse(y.text(key));
    } catch (InputException e) {
      throw y.origin(key).fault(e.getMessage(), null);
    }
  }

  private static double number(YamlMap y, String key, String unit, double least, double most) {
    double n = y.number(key, unit);
    if (!(n >= least && n <= most)) {
      throw y.origin(key).fault(key + " = " + n + " is out of range", "Allowed: " + least + "…" + most);
    }
    return n;
  }

  /**
   * The synapses that are driven, in the order of the channels.
   *
   * @throws InputException if the cell has no such slots, or too few
   */
  public List<Site> sites(CompiledCell of) {
    var sites = new ArrayList<Site>();
    for (Input in : inputs) {
      var found = new ArrayList<>(of.slots().stream().filter(s -> s.name().equals(in.slots()) || s.name().startsWith(in.slots() + "["))
          .filter(s -> in.on().isEmpty() || isOn(of, s, in.on())).toList());
      if (found.isEmpty() || found.size() < in.sites()) {
        throw new InputException(name, "inputs." + in.name(), "the cell '" + of.name() + "' has " + found.size() + " slots '"
            + in.slots() + "'" + (in.on().isEmpty() ? "" : " on " + in.on()), found.isEmpty()
            ? InputException.suggestion(in.slots(), of.slots().stream().map(s -> s.name().replaceFirst("\\[.*", "")).distinct().toList())
            : "Ask for no more sites than that");
      }
      if (in.sites() > 0) {
        draw(found, in, of);
      }
      boolean one = in.sites() == 0 && found.size() == 1;
      for (int i = 0; i < found.size(); i++) {
        sites.add(new Site(one ? in.name() : in.name() + "[" + i + "]", found.get(i), in.rate()));
      }
    }
    return sites;
  }

  private static boolean isOn(CompiledCell cell, Slot s, String region) {
    String section = s.at().section();
    return section.equals(region) || cell.sectionLists().getOrDefault(region, List.of()).contains(section);
  }

  // One after the other, each of those that are left as probable as its compartment is long; kept in the order of the cell.
  private void draw(List<Slot> from, Input in, CompiledCell of) {
    var random = new SplittableRandom(in.seed());
    double[] length = from.stream().mapToDouble(s -> of.nodes().length()[of.locate(s.at())]).toArray();
    var drawn = new HashSet<Slot>();
    while (drawn.size() < in.sites()) {
      double left = Arrays.stream(length).sum();
      if (!(left > 0)) {
        throw new InputException(name, "inputs." + in.name(), "sites are drawn by the lengths of compartments, which '" + of.name()
            + "' does not tell", "Leave 'sites' out, or describe the cell by its sections");
      }
      double at = random.nextDouble(left);
      int i = 0;
      for (double until = length[0]; until <= at || length[i] == 0; until += length[i]) {
        i++;
      }
      drawn.add(from.get(i));
      length[i] = 0;
    }
    from.retainAll(drawn);
  }

  /** The cell. */
  public CompiledCell compile() {
    return Cells.load(cell);
  }

  /**
   * The same for another cell that has the same synapses.
   *
   * @param other as {@link Cells#load} takes it
   */
  public Protocol on(String other) {
    String stem = Path.of(other).getFileName().toString().replaceFirst("\\.ya?ml$", "");
    return new Protocol(name + "-on-" + stem, other, sample, scale, inputs, outputs, threshold, below, runs, text + "# on " + other + "\n");
  }

  /** Samples of a run of a use, those of the warm-up included. */
  public int samples(Use use) {
    return (int) Math.rint((runs.get(use).warmup() + runs.get(use).ms()) / sample);
  }

  /** Samples of its warm-up. */
  public int warmupSamples(Use use) {
    return (int) Math.rint(runs.get(use).warmup() / sample);
  }

  /** Hash of its text: hexadecimal digits. */
  public String fingerprint() {
    return new Fingerprint().add(text).hex();
  }
}
