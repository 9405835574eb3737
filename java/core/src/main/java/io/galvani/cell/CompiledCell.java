package io.galvani.cell;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.Population.Source;
import io.galvani.Slot;
import io.galvani.mechanism.Mechanism;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A cell as an integrator sees it: a tree of compartments with NEURON's numbering (a parent precedes its children; end
 * nodes have no area), the mechanisms on them, and its synapse slots. Immutable; arrays are not copied and not to be
 * written.
 *
 * @param name of the cell
 * @param nodes the tree
 * @param membrane channels and pools, each over the nodes that have it, in the order in which they act
 * @param receptors synapse mechanisms; slots of equal kinetics on one node share one
 * @param slots where events arrive
 * @param slotReceptor for each slot: [0] index into {@code receptors}, [1] row in it
 * @param sources where spikes are detected
 * @param sectionLists sections by list name ({@code soma}, {@code apic}, {@code all} …)
 * @param defaults v_init, celsius and the like that the cell's author asks for
 */
public record CompiledCell(String name, Nodes nodes, List<Placement> membrane, List<Placement> receptors,
    List<Slot> slots, int[][] slotReceptor, List<Source> sources, Map<String, List<String>> sectionLists,
    Defaults defaults) {

  /** What kind of node: a segment has area, the ends of sections have none. */
  public enum NodeKind { ROOT0, SEG, END1 }

  /**
   * The tree. All arrays have one entry a node.
   *
   * @param section name of the node's section
   * @param x position of the node in its section, 0…1
   * @param parent index of the parent, smaller than the node's own; −1 for the root
   * @param area µm²; 0 for the ends of sections
   * @param length µm along the section; 0 for the ends of sections, NaN if unknown
   * @param ri axial resistance to the parent, MΩ; 0 for the root
   * @param cm specific capacitance, µF/cm²; 0 for the ends of sections
   * @param Ra axial resistivity of the node's section, Ω·cm, to which {@code ri} is proportional; NaN if unknown
   */
  public record Nodes(NodeKind[] kind, String[] section, double[] x, int[] parent, double[] area, double[] length,
      double[] ri, double[] cm, double[] Ra) {
    /** Number of nodes. */
    public int count() {
      return parent.length;
    }

    /** Number of nodes with area. */
    public int segments() {
      int n = 0;
      for (NodeKind k : kind) {
        n += k == NodeKind.SEG ? 1 : 0;
      }
      return n;
    }

    /** Number of segments of a section; 0 if there is no such section. */
    public int nseg(String name) {
      int n = 0;
      for (int i = 0; i < kind.length; i++) {
        n += kind[i] == NodeKind.SEG && section[i].equals(name) ? 1 : 0;
      }
      return n;
    }
  }

  /**
   * One mechanism on some nodes.
   *
   * @param node node of each instance
   * @param values [parameter][instance], in the mechanism's order of parameters
   */
  public record Placement(Mechanism mechanism, int[] node, double[][] values) {
    public Placement {
      if (values.length != mechanism.parameters().size()) {
        throw new IllegalArgumentException(mechanism.name() + ": " + values.length + " parameter columns");
      }
    }
  }

  /**
   * Run defaults that the author of a cell states.
   *
   * @param vInit mV
   * @param celsius degC
   * @param dt ms
   */
  public record Defaults(double vInit, double celsius, double dt) {
    /** NEURON's: −65 mV, 6.3 degC, 0.025 ms. */
    public static final Defaults NEURON = new Defaults(-65, 6.3, 0.025);
  }

  /**
   * The node at a location: the segment that contains x, or a section's end for x = 0 at the root or x = 1.
   *
   * @throws InputException if there is no such section; suggests the nearest
   */
  public int locate(Location at) {
    return locate(at, "location");
  }

  /** As {@link #locate(Location)}; {@code source} names in the error what asked. */
  public int locate(Location at, String source) {
    return new NodeIndex(nodes).locate(at, source);
  }

  /** Names of all sections, in the order of their nodes. */
  public List<String> sections() {
    return Arrays.stream(nodes.section).distinct().toList();
  }

  /** Hash of all that an integrator sees of this cell, wherever it came from: hexadecimal digits. */
  public String fingerprint() {
    var f = new Fingerprint().add(nodes.area()).add(nodes.ri()).add(nodes.cm());
    for (int i = 0; i < nodes.count(); i++) {
      f.add(nodes.section()[i] + "(" + nodes.x()[i] + ")<" + nodes.parent()[i]);
    }
    for (var placements : List.of(membrane, receptors)) {
      for (Placement p : placements) {
        f.add(p.mechanism().name()).add(p.node());
        for (double[] column : p.values()) {
          f.add(column);
        }
      }
    }
    for (int[] receptor : slotReceptor) {
      f.add(receptor);
    }
    return f.add(slots + " " + sources).hex();
  }

  /** The mechanisms of this cell, by name. */
  public Map<String, Mechanism> mechanisms() {
    var all = new LinkedHashMap<String, Mechanism>();
    membrane.forEach(p -> all.put(p.mechanism().name(), p.mechanism()));
    receptors.forEach(p -> all.put(p.mechanism().name(), p.mechanism()));
    return all;
  }

  /** Names that a parameter of this cell may be addressed by: section lists and sections. */
  public TreeSet<String> regions() {
    var names = new TreeSet<>(sectionLists.keySet());
    names.addAll(sections());
    return names;
  }

  /**
   * This cell with further synapse slots. Slots of equal kinetics on one node share a receptor, so that thousands cost
   * little.
   *
   * @throws InputException for an unknown place, kind or parameter, a name already taken, a value out of range
   */
  public CompiledCell withSlots(List<SlotSpec> more) {
    var all = new SlotTable(this);
    more.forEach(s -> all.add(s, "slot", s.name()));
    return all.on(this);
  }

  /** This cell without its synapse slots. */
  public CompiledCell withoutSlots() {
    return new CompiledCell(name, nodes, membrane, List.of(), List.of(), new int[0][], sources, sectionLists, defaults);
  }

  /**
   * This cell with one parameter set on a region.
   *
   * @param target see {@link #resolve}
   * @throws InputException for an unknown or ambiguous target, a value out of range
   */
  public CompiledCell with(String target, double value) {
    return resolve(target).set(this, value);
  }

  /**
   * What a target addresses.
   *
   * @param target {@code region.parameter}, {@code region.mechanism.parameter}, {@code region.parameter_mechanism},
   *     {@code region.cm} or {@code region.Ra}; a region is a section, a section list or {@code all}
   * @throws InputException if the target is unknown, or if several mechanisms of the region have that parameter
   */
  public Target resolve(String target) {
    return new TargetResolver(this, target).resolve();
  }

  CompiledCell withNodes(Nodes other) {
    return new CompiledCell(name, other, membrane, receptors, slots, slotReceptor, sources, sectionLists, defaults);
  }

  CompiledCell withMembrane(int placement, Placement other) {
    var all = new ArrayList<>(membrane);
    all.set(placement, other);
    return new CompiledCell(name, nodes, List.copyOf(all), receptors, slots, slotReceptor, sources, sectionLists, defaults);
  }

  CompiledCell withReceptors(int placement, Placement other) {
    var all = new ArrayList<>(receptors);
    all.set(placement, other);
    return new CompiledCell(name, nodes, membrane, List.copyOf(all), slots, slotReceptor, sources, sectionLists, defaults);
  }
}
