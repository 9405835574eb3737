package io.galvani.cell;

import io.galvani.Location;
import io.galvani.Population.Source;
import io.galvani.cell.CompiledCell.Defaults;
import io.galvani.cell.CompiledCell.NodeKind;
import io.galvani.cell.CompiledCell.Nodes;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.cell.Distribution.Distance;
import io.galvani.cell.Distribution.Uniform;
import io.galvani.cell.Distribution.Where;
import io.galvani.io.Origin;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import io.galvani.mechanism.Parameter;
import io.galvani.morphology.Morphology;
import io.galvani.morphology.Section;
import io.galvani.morphology.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Description of a cell: sections, what their membrane holds, synapse slots. Immutable. */
public final class CellModel {
  /** The section list that holds all sections. */
  public static final String ALL = "all";

  /** Largest number of compartments of a cell. */
  public static final int MAX_NODES = 4_000_000;

  /** A parameter's value on a section; {@code region} is what a normalised distance is normalised over. */
  private record Setting(Distribution value, List<String> region, Origin origin) {}

  /** One slot ({@code region} is {@code null}), or slots named after it at x of each section, or on each segment (no x). */
  private record SlotGroup(List<String> region, Double x, SlotSpec spec, Origin origin) {}

  /** What one section is made of, with NEURON's defaults. */
  private static final class Membrane {
    NsegRule nseg = NsegRule.fixed(1);
    double Ra = 35.4;
    double cm = 1;
    final Map<String, Double> ions = new HashMap<>();
    final Map<String, Map<String, Setting>> mechanisms = new HashMap<>();

    Membrane copy() {
      var m = new Membrane();
      m.nseg = nseg;
      m.Ra = Ra;
      m.cm = cm;
      m.ions.putAll(ions);
      mechanisms.forEach((name, settings) -> m.mechanisms.put(name, new HashMap<>(settings)));
      return m;
    }
  }

  private final String name;
  private final Origin origin;
  private final List<Section> sections;
  private final Map<String, Membrane> membrane = new HashMap<>();
  private final Map<String, List<String>> lists;
  private final List<SlotGroup> slots;
  private final List<Source> sources;
  private final Defaults defaults;

  private CellModel(Builder b) {
    name = b.name;
    origin = b.origin;
    sections = List.copyOf(b.sections.values());
    b.membrane.forEach((section, m) -> membrane.put(section, m.copy()));
    lists = b.lists();
    slots = List.copyOf(b.slots);
    sources = b.sources.isEmpty() ? List.of(new Source(new Location(sections.getFirst().name(), 0.5), 0))
        : List.copyOf(b.sources);
    defaults = b.defaults;
  }

  /** Begins a description. */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The sections, the root first. */
  public List<Section> sections() {
    return sections;
  }

  // ---- compilation ----

  /**
   * Cuts the sections into compartments and evaluates all parameters on them. Mechanisms come in the order of the catalogue.
   *
   * @throws io.galvani.InputException if a section has no length or too many segments, or a distribution gives a value out
   *     of range
   */
  public CompiledCell compile() {
    var nodes = nodes();
    var placements = new ArrayList<Placement>();
    for (Mechanism m : Catalogue.builtIn().all()) {
      if (sections.stream().anyMatch(s -> membrane.get(s.name()).mechanisms.containsKey(m.name()))) {
        placements.add(place(m, nodes));
      }
    }
    var bare = new CompiledCell(name, nodes, List.copyOf(placements), List.of(), List.of(), new int[0][], sources,
        lists, defaults);
    var table = new SlotTable(bare);
    slots.forEach(g -> addSlots(g, nodes, table));
    return table.on(bare);
  }

  private Nodes nodes() {
    int[] nseg = new int[sections.size()];
    double[] Ra = new double[nseg.length];
    double[] cm = new double[nseg.length];
    long count = 1;
    for (int s = 0; s < nseg.length; s++) {
      var section = sections.get(s);
      var m = membrane.get(section.name());
      Ra[s] = m.Ra;
      cm[s] = m.cm;
      if (!(section.shape().length() > 0)) {
        throw origin.fault(section.name() + " has no length", "Move its points apart or remove it");
      }
      double n = m.nseg.nseg(section.shape(), m.Ra, m.cm);
      count += (long) n + 1;
      if (n > NsegRule.MAX || count > MAX_NODES) {
        throw origin.fault(section.name() + " (" + section.shape().length() + " µm) asks for " + (long) n + " segments",
            "At most " + NsegRule.MAX + " a section and " + MAX_NODES + " nodes a cell: state a coarser rule for nseg");
      }
      nseg[s] = (int) n;
    }
    return Discretisation.nodes(sections, nseg, Ra, cm);
  }

  private Placement place(Mechanism mechanism, Nodes nodes) {
    int[] at = IntStream.range(0, nodes.count())
        .filter(i -> nodes.kind()[i] == NodeKind.SEG
            && membrane.get(nodes.section()[i]).mechanisms.containsKey(mechanism.name()))
        .toArray();
    var distances = new Distances();
    double[][] values = new double[mechanism.parameters().size()][at.length];
    for (int p = 0; p < values.length; p++) {
      var parameter = mechanism.parameters().get(p);
      for (int row = 0; row < at.length; row++) {
        values[p][row] = value(mechanism, parameter, nodes, at[row], distances);
      }
    }
    return new Placement(mechanism, at, values);
  }

  private double value(Mechanism mechanism, Parameter parameter, Nodes nodes, int node, Distances distances) {
    String section = nodes.section()[node];
    var m = membrane.get(section);
    var setting = m.mechanisms.get(mechanism.name()).get(parameter.name());
    if (setting == null) {
      return m.ions.getOrDefault(parameter.name(), parameter.value());
    }
    var over = setting.value.over();
    boolean last = nodes.kind()[node + 1] == NodeKind.END1;
    double x = over.where() == Where.LAST_AT_END && last ? 1 : nodes.x()[node];
    double value = setting.value.at(distances.of(over, setting.region, section, x));
    parameter.check(value, setting.origin.source(),
        (setting.origin.place() == null ? "" : setting.origin.place() + " ") + section + "(" + (float) x + ")");
    return value;
  }

  /** Distances of this cell, each origin and largest distance worked out once. */
  private final class Distances {
    private final Map<Location, PathLength> paths = new HashMap<>();
    private final Map<Map.Entry<Location, List<String>>, Double> largest = new HashMap<>();

    double of(Distance over, List<String> region, String section, double x) {
      if (over.origin() == null) {
        return x;
      }
      var path = paths.computeIfAbsent(over.origin(), o -> new PathLength(sections, o));
      double d = path.at(section, x);
      return over.normalised() ? d / largest.computeIfAbsent(Map.entry(over.origin(), region),
          k -> region.stream().mapToDouble(s -> path.at(s, 1)).max().orElseThrow()) : d;
    }
  }

  private void addSlots(SlotGroup g, Nodes nodes, SlotTable table) {
    var spec = g.spec;
    if (g.region == null) {
      table.add(spec, g.origin.source(), g.origin.place());
      return;
    }
    var region = new HashSet<>(g.region);
    int count = 0;
    for (int i = 0; i < nodes.count(); i++) {
      boolean here = g.x == null ? nodes.kind()[i] == NodeKind.SEG : nodes.kind()[i] == NodeKind.END1;
      if (here && region.contains(nodes.section()[i])) {
        var at = new Location(nodes.section()[i], g.x == null ? nodes.x()[i] : g.x);
        table.add(new SlotSpec(spec.name() + "[" + count++ + "]", at, spec.kind(), spec.parameters(), spec.weight()),
            g.origin.source(), g.origin.place());
      }
    }
  }

  // ---- description ----

  /**
   * Describes a cell: sections first, then what is on them.
   *
   * <p>Regions are sections, section lists ({@code soma}, {@code axon}, {@code dend}, {@code apic}: all sections of that name; or
   * one's own) and {@code all}. Where two statements meet, the later holds. All methods throw
   * {@link io.galvani.InputException} for unknown names (with the nearest known) and values out of range.
   */
  public static final class Builder {
    private final String name;
    private final Map<String, Section> sections = new LinkedHashMap<>();
    private final Map<String, Membrane> membrane = new HashMap<>();
    private final Map<String, List<String>> ownLists = new LinkedHashMap<>();
    private final List<SlotGroup> slots = new ArrayList<>();
    private final List<Source> sources = new ArrayList<>();
    private Defaults defaults = Defaults.NEURON;
    private Origin origin;

    private Builder(String name) {
      this.name = name;
      origin = new Origin(name, null);
    }

    /** What states the next things, for errors. */
    Builder from(Origin origin) {
      this.origin = origin;
      return this;
    }

    /** Takes all sections of a reconstruction. */
    public Builder morphology(Morphology morphology) {
      morphology.sections().forEach(this::add);
      return this;
    }

    /** Adds the root as a cylinder; {@code L} and {@code diam} in µm. */
    public Builder cylinder(String name, double L, double diam) {
      return cylinder(name, L, diam, null);
    }

    /** Adds a cylinder whose 0 end is attached at {@code parent}; {@code L} and {@code diam} in µm. */
    public Builder cylinder(String name, double L, double diam, Location parent) {
      requirePositive("L", L, 1e6, "µm");
      requirePositive("diam", diam, 1e6, "µm");
      add(new Section(name, parent, new Shape.Cylinder(L, diam)));
      return this;
    }

    private void add(Section s) {
      if (!s.name().matches("[A-Za-z_]\\w*(\\[\\d+])?")) {
        throw origin.fault("'" + s.name() + "' cannot be the name of a section", "Write e.g. dend or dend[3]");
      }
      if (sections.containsKey(s.name()) || ownLists.containsKey(s.kind())) {
        throw origin.fault("'" + s.name() + "' exists already", "Give each section and list its own name");
      }
      if (sections.isEmpty() != (s.parent() == null)) {
        throw s.parent() == null ? origin.fault(s.name() + " is a second root", "Attach it to a section")
            : origin.unknown("section", s.parent().section(), sections.keySet());
      }
      sections.put(s.name(), s.parent() == null ? s : new Section(s.name(), known(s.parent()), s.shape()));
      membrane.put(s.name(), new Membrane());
    }

    /** Removes sections and all that hangs on them. */
    public Builder remove(String region) {
      var gone = new LinkedHashSet<>(sectionsOf(region));
      for (Section s : sections.values()) {
        if (s.parent() != null && gone.contains(s.parent().section())) {
          gone.add(s.name());
        }
      }
      if (gone.size() == sections.size()) {
        throw origin.fault("removing " + region + " leaves nothing", "Keep the root");
      }
      sections.keySet().removeAll(gone);
      membrane.keySet().removeAll(gone);
      ownLists.replaceAll((list, members) -> members.stream().filter(s -> !gone.contains(s)).toList());
      return this;
    }

    /** Names a list of regions. */
    public Builder list(String list, List<String> regions) {
      if (lists().containsKey(list) || sections.containsKey(list)) {
        throw origin.fault("'" + list + "' exists already", "Give each section and list its own name");
      }
      var members = new LinkedHashSet<String>();
      regions.forEach(r -> members.addAll(sectionsOf(r)));
      ownLists.put(list, List.copyOf(members));
      return this;
    }

    /** Into how many segments the sections are cut; one by default. */
    public Builder nseg(String region, NsegRule rule) {
      switch (rule) {
        case NsegRule.Fixed f -> {
          if (f.n() < 1 || f.n() > NsegRule.MAX) {
            throw origin.fault("nseg = " + f.n() + " is out of range", "It must be 1…" + NsegRule.MAX);
          }
        }
        case NsegRule.Every e -> requirePositive("nseg every", e.um(), 1e6, "µm");
        case NsegRule.DLambda d -> {
          requirePositive("d_lambda", d.d(), 100, "length constants");
          requirePositive("f", d.f(), 1e9, "Hz");
        }
      }
      membraneOf(region).forEach(m -> m.nseg = rule);
      return this;
    }

    /** Axial resistivity, Ω·cm; 35.4 by default. */
    public Builder Ra(String region, double value) {
      requirePositive("Ra", value, 1e6, "Ω·cm");
      membraneOf(region).forEach(m -> m.Ra = value);
      return this;
    }

    /** Specific membrane capacitance, µF/cm²; 1 by default. */
    public Builder cm(String region, double value) {
      requirePositive("cm", value, 1e3, "µF/cm²");
      membraneOf(region).forEach(m -> m.cm = value);
      return this;
    }

    /** Inserts a mechanism with its defaults but for {@code parameters}. */
    public Builder insert(String region, String mechanism, Map<String, Double> parameters) {
      var m = Catalogue.builtIn().require(mechanism, origin.source(), origin.place());
      if (m.kind().isPoint()) {
        throw origin.fault(mechanism + " is a " + m.kind().name().toLowerCase() + " and cannot cover a region",
            m.kind() == Mechanism.Kind.SYNAPSE ? "Make it a slot" : "Give it to the simulation");
      }
      membraneOf(region).forEach(s -> s.mechanisms.computeIfAbsent(mechanism, k -> new HashMap<>()));
      parameters.forEach((p, value) -> vary(region, mechanism, p, new Uniform(value)));
      return this;
    }

    /** Sets a parameter of a mechanism that was inserted. */
    public Builder vary(String region, String mechanism, String parameter, Distribution value) {
      var m = Catalogue.builtIn().require(mechanism, origin.source(), origin.place());
      var p = m.parameters().get(m.require(parameter, origin.source(), origin.place()));
      if (value instanceof Uniform u) {
        p.check(u.value(), origin.source(), origin.place());
      } else if (value.over().origin() != null) {
        known(value.over().origin());
      }
      var setting = new Setting(value, sectionsOf(region), origin);
      for (String s : setting.region) {
        var inserted = membrane.get(s).mechanisms.get(mechanism);
        if (inserted == null) {
          throw origin.fault(s + " has no " + mechanism, "Insert it first");
        }
        inserted.put(parameter, setting);
      }
      return this;
    }

    /**
     * Sets a reversal potential, mV, for all mechanisms of the region that have such a parameter and no value of their own.
     *
     * @param ion {@code ena} or {@code ek}
     */
    public Builder ion(String region, String ion, double value) {
      if (!ion.equals("ena") && !ion.equals("ek")) {
        throw origin.unknown("reversal potential", ion, List.of("ena", "ek"));
      }
      if (!(Math.abs(value) <= 500)) {
        throw origin.fault(ion + " = " + value + " mV is out of range", "It must be −500…500");
      }
      membraneOf(region).forEach(m -> m.ions.put(ion, value));
      return this;
    }

    /** Adds a synapse slot. */
    public Builder slot(SlotSpec spec) {
      var at = new SlotSpec(spec.name(), known(spec.at()), spec.kind(), spec.parameters(), spec.weight());
      slots.add(new SlotGroup(null, null, at, origin));
      return this;
    }

    /** Adds a slot on every segment of some regions: name[0], name[1] … in the order of nodes. */
    public Builder slots(List<String> regions, String name, String kind, Map<String, Double> parameters, double weight) {
      return addSlots(regions, null, new SlotSpec(name, null, kind, parameters, weight));
    }

    /** Adds a slot at {@code x} of every section of some regions: name[0], name[1] … in the order of sections. */
    public Builder slots(List<String> regions, double x, String name, String kind, Map<String, Double> parameters,
        double weight) {
      requireRange("x", x, 0, 1, "");
      return addSlots(regions, x, new SlotSpec(name, null, kind, parameters, weight));
    }

    private Builder addSlots(List<String> regions, Double x, SlotSpec spec) {
      var members = new LinkedHashSet<String>();
      regions.forEach(r -> members.addAll(sectionsOf(r)));
      slots.add(new SlotGroup(List.copyOf(members), x, spec, origin));
      return this;
    }

    /** Detects spikes there; by default at the middle of the root section at 0 mV. */
    public Builder spikes(Location at, double threshold) {
      if (!Double.isFinite(threshold)) {
        throw origin.fault("threshold " + threshold + " mV is not finite", null);
      }
      sources.add(new Source(known(at), threshold));
      return this;
    }

    /** What a run takes unless told otherwise. */
    public Builder defaults(Defaults defaults) {
      requireRange("v_init", defaults.vInit(), -500, 500, "mV");
      requireRange("celsius", defaults.celsius(), -50, 100, "degC");
      requirePositive("dt", defaults.dt(), 10, "ms");
      this.defaults = defaults;
      return this;
    }

    /** The description. */
    public CellModel build() {
      if (sections.isEmpty()) {
        throw origin.fault("has no sections", "Give it a morphology or a cylinder");
      }
      return new CellModel(this);
    }

    /** Automatic lists by name, those of the author, and {@code all}. */
    private Map<String, List<String>> lists() {
      var lists = new LinkedHashMap<>(new Morphology(List.copyOf(sections.values())).lists());
      lists.putAll(ownLists);
      lists.put(ALL, List.copyOf(sections.keySet()));
      return lists;
    }

    /** The sections of a region. */
    List<String> sectionsOf(String region) {
      var lists = lists();
      if (lists.containsKey(region)) {
        return List.copyOf(lists.get(region));
      }
      String section = NodeIndex.sectionNamed(region, sections.keySet());
      if (section == null) {
        var known = new LinkedHashSet<>(lists.keySet());
        known.addAll(sections.keySet());
        throw origin.unknown("region", region, known);
      }
      return List.of(section);
    }

    private List<Membrane> membraneOf(String region) {
      return sectionsOf(region).stream().map(membrane::get).toList();
    }

    /** A location with the full name of its section. */
    Location known(Location at) {
      String section = NodeIndex.sectionNamed(at.section(), sections.keySet());
      if (section == null) {
        throw origin.unknown("section", at.section(), sections.keySet());
      }
      return new Location(section, at.x());
    }

    private void requirePositive(String what, double value, double most, String unit) {
      if (!(value > 0 && value <= most)) {
        throw origin.fault(what + " = " + value + " " + unit + " is out of range", "It must be above 0 and at most " + most);
      }
    }

    private void requireRange(String what, double value, double least, double most, String unit) {
      if (!(value >= least && value <= most)) {
        throw origin.fault(what + " = " + value + " " + unit + " is out of range", "It must be " + least + "…" + most);
      }
    }
  }
}
