package io.galvani.cable;

import io.galvani.Events;
import io.galvani.InputException;
import io.galvani.Interval;
import io.galvani.Population.Source;
import io.galvani.Probe;
import io.galvani.Slot;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.cell.Fingerprint;
import io.galvani.cell.Target;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A cell and the options of its population, brought together and checked: what every device integrates. Names are numbers here.
 * Immutable; arrays are not to be written.
 */
public final class CableModel {
  /** In place of a placement, what a {@link Varied} changes of nodes: cm. */
  public static final int CM = -1;
  /** In place of a placement, what a {@link Varied} changes of nodes: ri. */
  public static final int RI = -2;

  /** What a probe measures. */
  public enum Quantity { VOLTAGE, STATE, SODIUM, POTASSIUM, CALCIUM, CAI, ECA, POINT_CURRENT }

  /**
   * A probe among numbers.
   *
   * @param node where
   * @param placement and {@code row}: of a state or the current of a point process
   * @param which state of the mechanism
   */
  public record Measured(Quantity quantity, int node, int placement, int row, int which) {}

  /**
   * A variation among numbers.
   *
   * @param target as the user named it
   * @param placement index into {@link #placements}; or {@link #CM}, {@link #RI}
   * @param parameter of the placement's mechanism
   * @param rows of the placement, or nodes
   * @param scale whether the values multiply what the cell has
   * @param values one a cell
   */
  public record Varied(String target, int placement, int parameter, int[] rows, boolean scale, double[] values) {}

  private static final String TABLE = "usetable";  // the parameter by which a mechanism offers NEURON's tables of rates
  private static final Pattern STIMULUS = Pattern.compile("stimulus\\[(\\d+)]\\.(\\w+)");

  private final CompiledCell cell;
  private final CableOptions options;
  private final List<Placement> placements = new ArrayList<>();
  private final int receptorOffset;
  private final int stimulusOffset;
  private final List<Varied> varied = new ArrayList<>();

  /**
   * @throws InputException if options and cell do not fit: an unknown section, parameter or stimulus, a value out of range
   */
  public CableModel(CompiledCell cell, CableOptions options) {
    this.cell = cell;
    this.options = options;
    placements.addAll(cell.membrane());
    receptorOffset = placements.size();
    placements.addAll(cell.receptors());
    stimulusOffset = placements.size();
    options.stimuli().forEach(s -> placements.add(placement(s)));
    placements.forEach(CableModel::checkTable);
    options.variations().forEach(this::vary);
  }

  public CompiledCell cell() {
    return cell;
  }

  public CableOptions options() {
    return options;
  }

  /** Membrane mechanisms, then receptors, then stimuli. */
  public List<Placement> placements() {
    return placements;
  }

  /** Whether a placement asks for NEURON's tables of rates. */
  public boolean tabulated(int placement) {
    Placement p = placements.get(placement);
    int table = p.mechanism().indexOf(TABLE);
    return table >= 0 && p.values()[table].length > 0 && p.values()[table][0] != 0;
  }

  private static void checkTable(Placement p) {
    int table = p.mechanism().indexOf(TABLE);
    for (double use : table < 0 ? new double[0] : p.values()[table]) {
      if (use != 0 && use != 1 || use != p.values()[table][0]) {
        throw new InputException(p.mechanism().name(), TABLE, use + " is given", "It is 0 or 1, the same everywhere");
      }
    }
  }

  /** For each slot the placement of its receptor. */
  public int[] slotPlacement() {
    return Arrays.stream(cell.slotReceptor()).mapToInt(s -> receptorOffset + s[0]).toArray();
  }

  /** For each slot the row of its receptor. */
  public int[] slotRow() {
    return Arrays.stream(cell.slotReceptor()).mapToInt(s -> s[1]).toArray();
  }

  /** Default weight of each slot. */
  public double[] slotWeight() {
    return cell.slots().stream().mapToDouble(Slot::weight).toArray();
  }

  /** Node of each source. */
  public int[] sourceNode() {
    return cell.sources().stream().mapToInt(s -> cell.locate(s.at(), "spike source")).toArray();
  }

  /** Threshold of each source, mV. */
  public double[] sourceThreshold() {
    return cell.sources().stream().mapToDouble(Source::threshold).toArray();
  }

  /** What differs from cell to cell, in the order in which it applies. */
  public List<Varied> varied() {
    return varied;
  }

  /** Fingerprint of all that a snapshot must agree with. */
  public long layout() {
    var f = new Fingerprint().add(cell.fingerprint()).add(options.cells(), options.precision().ordinal(), options.rates().ordinal())
        .add(options.dt(), options.celsius());
    for (Stimulus s : options.stimuli()) {
      f.add(s.mechanism() + s.at() + new TreeMap<>(s.parameters()));
    }
    for (Variation v : options.variations()) {
      f.add(v.target() + v.mode()).add(v.values());
    }
    return f.number();
  }

  // ---- stimuli and variations --------------------------------------------------------------------------------------

  private Placement placement(Stimulus s) {
    Mechanism m = Catalogue.builtIn().require(s.mechanism(), "stimulus", null);
    double[] defaults = m.defaults();
    s.parameters().forEach((name, value) -> defaults[m.indexOf(name)] = value);
    double[][] values = Arrays.stream(defaults).mapToObj(v -> new double[] {v}).toArray(double[][]::new);
    return new Placement(m, new int[] {cell.locate(s.at(), "stimulus " + s.mechanism())}, values);
  }

  private void vary(Variation v) {
    var stimulus = STIMULUS.matcher(v.target());
    if (stimulus.matches()) {
      int i = Integer.parseInt(stimulus.group(1));
      if (i >= options.stimuli().size()) {
        throw new InputException("variation", v.target(), "there are " + options.stimuli().size() + " stimuli", null);
      }
      Mechanism m = placements.get(stimulusOffset + i).mechanism();
      vary(v, stimulusOffset + i, m.require(stimulus.group(2), "variation", v.target()), new int[] {0});
      return;
    }
    switch (cell.resolve(v.target())) {
      case Target.OfMembrane t -> vary(v, t.placement(), t.parameter(), t.rows());
      case Target.OfReceptors t -> vary(v, receptorOffset + t.placement(), t.parameter(), t.rows());
      case Target.Cm t -> vary(v, CM, 0, t.nodes());
      case Target.Ra t -> varyRa(v, t.nodes());
    }
  }

  // ri is proportional to Ra: replacing Ra multiplies ri by new over old.
  private void varyRa(Variation v, int[] nodes) {
    if (v.mode() == Variation.Mode.SCALE) {
      vary(v, RI, 0, nodes);
      return;
    }
    Map<Double, List<Integer>> byRa = new HashMap<>();
    for (int n : nodes) {
      double Ra = cell.nodes().Ra()[n];
      if (Double.isNaN(Ra)) {
        throw new InputException("variation", v.target(), "Ra of section " + cell.nodes().section()[n] + " is not known",
            "Multiply instead of setting it");
      }
      byRa.computeIfAbsent(Ra, r -> new ArrayList<>()).add(n);
    }
    byRa.forEach((Ra, rows) -> vary(
        new Variation(v.target(), Variation.Mode.SCALE, Arrays.stream(v.values()).map(x -> x / Ra).toArray()), RI, 0,
        rows.stream().mapToInt(Integer::intValue).toArray()));
  }

  private void vary(Variation v, int placement, int parameter, int[] rows) {
    boolean scale = v.mode() == Variation.Mode.SCALE;
    if (placement >= 0) {
      Placement p = placements.get(placement);
      var varied = p.mechanism().parameters().get(parameter);
      if (varied.name().equals(TABLE)) {
        throw new InputException("variation", v.target(), "usetable is the same for all cells of a population", null);
      }
      double most = Arrays.stream(rows).mapToDouble(row -> p.values()[parameter][row]).max().orElse(0);
      for (double x : v.values()) {
        varied.check(scale ? x * most : x, "variation", v.target());
      }
    }
    for (int c = 0; placement < 0 && c < v.values().length; c++) {
      double x = v.values()[c];
      if (placement == RI ? !(x > 0) : !(x >= 0)) {
        throw new InputException("variation", v.target(), placement == RI ? "the axial resistance of cell " + c + " is not positive"
            : "the capacitance of cell " + c + " is negative", null);
      }
    }
    varied.add(new Varied(v.target(), placement, parameter, rows, scale, v.values()));
  }

  // ---- advancing ---------------------------------------------------------------------------------------------------

  /** By how many ms an event may come before its step: it belongs to the nearest. */
  public double lead() {
    return options.dt() / 2;
  }

  /**
   * Checks what an advance asks for.
   *
   * @param now the present, in steps
   * @param until ms
   * @throws InputException as {@link io.galvani.Population#advance} says
   */
  public Interval interval(Events events, long now, double until) {
    return Interval.of(events, now, until, options.dt(), lead(), options.cells(), cell.slots().size());
  }

  // ---- probes ------------------------------------------------------------------------------------------------------

  /**
   * What a probe measures.
   *
   * @param every steps from sample to sample
   * @throws InputException if there is no such place or quantity; suggests the nearest
   */
  public Measured measured(Probe probe, int every) {
    if (every < 1) {
      throw new InputException("record", probe.toString(), "every = " + every + " is below 1 step", null);
    }
    int node = cell.locate(probe.at(), "probe " + probe);
    Quantity quantity = switch (probe.quantity()) {
      case "v" -> Quantity.VOLTAGE;
      case "ina" -> Quantity.SODIUM;
      case "ik" -> Quantity.POTASSIUM;
      case "ica" -> Quantity.CALCIUM;
      case "cai" -> Quantity.CAI;
      case "eca" -> Quantity.ECA;
      default -> null;
    };
    if (quantity != null) {
      return new Measured(quantity, node, 0, 0, 0);
    }
    List<String> known = new ArrayList<>(List.of("v", "ina", "ik", "ica", "cai", "eca"));
    for (int i = 0; i < placements.size(); i++) {
      Mechanism m = placements.get(i).mechanism();
      int[] at = placements.get(i).node();
      for (int row = 0; row < at.length; row++) {
        if (at[row] != node) {
          continue;
        }
        if (m.kind().isPoint() && probe.quantity().equals(m.name() + ".i")) {
          return new Measured(Quantity.POINT_CURRENT, node, i, row, 0);
        }
        for (int s = 0; s < m.states().size(); s++) {
          if (probe.quantity().equals(m.name() + "." + m.states().get(s))) {
            return new Measured(Quantity.STATE, node, i, row, s);
          }
        }
        m.states().forEach(s -> known.add(m.name() + "." + s));
        if (m.kind().isPoint()) {
          known.add(m.name() + ".i");
        }
      }
    }
    throw InputException.unknown("probe", probe.toString(), "quantity", probe.quantity(), known);
  }
}
