package io.galvani.bench;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Mode;
import io.galvani.cable.Stimulus;
import io.galvani.cable.Variation;
import io.galvani.cell.CellModel;
import io.galvani.cell.Cells;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.NsegRule;
import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** The table of what is timed: JMH, the comparison with NEURON and the tests all read it. */
public final class Cases {
  /** Small, middling and large, of single compartments and of trees. */
  private static final int[] POINTS = {1, 1000, 100_000};
  private static final int[] TREES = {1, 16, 128, 1000};
  private static final List<String> SQUID = List.of("all.hh.gnabar", "all.hh.gkbar", "all.hh.gl");
  private static final List<String> HAY = List.of("all.NaTa_t.gNaTa_tbar", "all.SKv3_1.gSKv3_1bar", "all.pas.g");

  /** All cases. */
  public static final List<Case> ALL = List.of(
      new Case("single", 1, 0.1, SQUID, point(), POINTS),
      new Case("c200", 197, 2, SQUID, tree("c200", 3, 7), TREES),
      new Case("c600", 601, 4, SQUID, tree("c600", 4, 10), TREES),
      new Case("l5pc", 618, 0.793, HAY, Cells.shipped("l5pc"), TREES));

  private Cases() {}

  /**
   * A cell under a constant current into the soma. It has no synapses and nothing is recorded.
   *
   * @param compartments segments of the cell: the denominator of every figure per compartment-step
   * @param current nA, from t = 0 on
   * @param conductances that differ from cell to cell where cells are not alike
   * @param model of the cell; null for a user's, of which nothing but the compartments is asked
   * @param cell the same, cut into compartments
   * @param sizes of the populations that are timed
   */
  public record Case(String name, int compartments, double current, List<String> conductances, CellModel model,
      CompiledCell cell, int... sizes) {
    private Case(String name, int compartments, double current, List<String> conductances, CellModel model, int[] sizes) {
      this(name, compartments, current, conductances, model, model.compile().withoutSlots(), sizes);
    }

    /** The current into the soma. */
    public Stimulus stimulus() {
      return Stimulus.iClamp(soma(), 0, 1e9, current);
    }

    /** The soma's voltage. */
    public Probe probe() {
      return new Probe(soma(), "v");
    }

    private Location soma() {
      return new Location(cell.nodes().section()[0], 0.5);
    }

    /** Whether its channels are hh, which NEURON has and may take from a table. */
    public boolean isSquid() {
      return cell.mechanisms().containsKey("hh");
    }

    /** The case at each of its sizes. */
    public List<Load> loads() {
      return Arrays.stream(sizes).mapToObj(n -> new Load(this, n)).toList();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Cells of a case: what one figure belongs to. */
  public record Load(Case subject, int cells) {
    /** A population at t = 0 on one thread of the CPU, built with {@code options} applied. */
    public Population population(Mode mode, UnaryOperator<CableOptions> options) {
      return population(CpuDevice.get(), mode, options);
    }

    /** The same on a device. */
    public Population population(Device device, Mode mode, UnaryOperator<CableOptions> options) {
      return device.population(subject.cell, options(mode, options));
    }

    /** What such a population is built with. */
    public CableOptions options(Mode mode, UnaryOperator<CableOptions> options) {
      return options.apply(CableOptions.of(subject.cell).cells(cells).precision(mode.precision()).rates(mode.rates())
          .stimulus(subject.stimulus()));
    }

    /** {@code options} with three conductances of each cell scaled by 0.95…1.05. */
    public CableOptions varied(CableOptions options) {
      var scale = IntStream.range(0, cells).mapToDouble(c -> 0.95 + 0.1 * c / Math.max(1, cells - 1)).toArray();
      for (String target : subject.conductances) {
        options = options.vary(new Variation(target, Variation.Mode.SCALE, scale));
      }
      return options;
    }

    /** Compartment-steps in {@code ms} of biological time at the cell's own dt. */
    public long compartmentSteps(double ms) {
      return Math.round(ms / subject.cell.defaults().dt()) * cells * subject.compartments;
    }

    /** Biological time in whole ms, 1…20,000, that takes about so many compartment-steps. */
    public double stretch(double compartmentSteps) {
      return Math.clamp(Math.round(compartmentSteps / compartmentSteps(1)), 1, 20_000);
    }

    /** Such as {@code c200x16}. */
    @Override
    public String toString() {
      return subject.name + "x" + cells;
    }
  }

  /** All cases at all their sizes. */
  public static List<Load> loads() {
    return ALL.stream().flatMap(c -> c.loads().stream()).toList();
  }

  /** A load by its name, such as {@code c200x16}; the number of cells is free. */
  public static Load load(String name) {
    for (Case c : ALL) {
      if (name.matches(c.name + "x[1-9]\\d{0,7}")) {
        return new Load(c, Integer.parseInt(name.substring(c.name.length() + 1)));
      }
    }
    throw InputException.unknown("bench", null, "load", name, loads().stream().map(Load::toString).toList());
  }

  /** The same, or so many of a cell that {@link Cells#load} knows, such as {@code my/cell.yamlx1000}: under no current. */
  public static Load loadOrCell(String name) {
    int x = name.lastIndexOf('x');
    String cell = name.substring(0, Math.max(0, x));
    boolean known = ALL.stream().anyMatch(c -> c.name.equals(cell));
    if (known || !name.substring(x + 1).matches("[1-9]\\d{0,7}") || !cell.contains(".") && !Cells.names().contains(cell)) {
      return load(name);
    }
    CompiledCell compiled = Cells.load(cell).withoutSlots();
    return new Load(new Case(compiled.name(), compiled.nodes().segments(), 0, List.of(), null, compiled),
        Integer.parseInt(name.substring(x + 1)));
  }

  /** Squid axon in one compartment of 1000 µm². */
  private static CellModel point() {
    double side = Math.sqrt(1000 / Math.PI);
    return squid(CellModel.builder("single").cylinder("soma", side, side));
  }

  /** A soma and four binary trees of {@code depth} levels, {@code nseg} compartments of 10 µm a section; squid axon throughout. */
  private static CellModel tree(String name, int depth, int nseg) {
    var cell = CellModel.builder(name).cylinder("soma", 20, 20);
    for (int t = 0; t < 4; t++) {
      branch(cell, "d" + t, new Location("soma", 0.5), 0, depth, nseg);
    }
    return squid(cell.nseg("all", NsegRule.fixed(nseg)).nseg("soma", NsegRule.fixed(1)));
  }

  /** Diameters keep the sum of their powers 3/2 from a parent to its two daughters (Rall). */
  private static void branch(CellModel.Builder cell, String name, Location at, int level, int depth, int nseg) {
    cell.cylinder(name, 10.0 * nseg, 2 * Math.pow(2, -2.0 / 3 * level), at);
    if (level + 1 < depth) {
      for (String side : List.of("a", "b")) {
        branch(cell, name + side, new Location(name, 1), level + 1, depth, nseg);
      }
    }
  }

  private static CellModel squid(CellModel.Builder cell) {
    return cell.Ra("all", 100).cm("all", 1).insert("all", "hh", Map.of()).build();
  }
}
