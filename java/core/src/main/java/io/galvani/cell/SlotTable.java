package io.galvani.cell;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.Slot;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects the slots of a cell and the receptors they share. */
final class SlotTable {
  private record Kinetics(int node, List<Double> values) {}

  /** The rows of one mechanism. */
  private static final class Rows {
    final int index;
    final Mechanism mechanism;
    final Map<Kinetics, Integer> row = new LinkedHashMap<>();

    Rows(int index, Mechanism mechanism) {
      this.index = index;
      this.mechanism = mechanism;
    }

    int of(int node, List<Double> values) {
      return row.computeIfAbsent(new Kinetics(node, values), k -> row.size());
    }

    Placement placement() {
      int[] node = new int[row.size()];
      double[][] values = new double[mechanism.parameters().size()][row.size()];
      row.forEach((kinetics, r) -> {
        node[r] = kinetics.node;
        for (int p = 0; p < values.length; p++) {
          values[p][r] = kinetics.values.get(p);
        }
      });
      return new Placement(mechanism, node, values);
    }
  }

  private final NodeIndex index;
  private final CompiledCell.Nodes nodes;
  private final Map<String, Rows> receptors = new LinkedHashMap<>();
  private final List<Slot> slots = new ArrayList<>();
  private final List<int[]> slotReceptor = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  /** Begins with the slots that a cell has. */
  SlotTable(CompiledCell cell) {
    nodes = cell.nodes();
    index = new NodeIndex(nodes);
    for (Slot s : cell.slots()) {
      int[] at = cell.slotReceptor()[s.index()];
      var p = cell.receptors().get(at[0]);
      var values = new ArrayList<Double>();
      for (double[] column : p.values()) {
        values.add(column[at[1]]);
      }
      put(s.name(), s.at(), p.mechanism(), p.node()[at[1]], values, s.weight());
    }
  }

  /** Adds a slot; {@code source} and {@code place} name it in errors. */
  void add(SlotSpec s, String source, String place) {
    var mechanism = Catalogue.builtIn().require(s.kind(), source, place);
    if (mechanism.kind() != Mechanism.Kind.SYNAPSE) {
      throw new InputException(source, place, s.kind() + " is a " + mechanism.kind().name().toLowerCase(),
          "Synapses are: " + String.join(", ", Catalogue.builtIn().all().stream()
              .filter(m -> m.kind() == Mechanism.Kind.SYNAPSE).map(Mechanism::name).toList()));
    }
    if (names.contains(s.name())) {
      throw new InputException(source, place, "a second slot named '" + s.name() + "'", "Give each its own name");
    }
    if (!Double.isFinite(s.weight()) || s.weight() < 0) {
      throw new InputException(source, place, "weight " + s.weight() + " is not 0 or more", null);
    }
    double[] values = mechanism.defaults();
    s.parameters().forEach((name, value) -> {
      int p = mechanism.require(name, source, place);
      mechanism.parameters().get(p).check(value, source, place);
      values[p] = value;
    });
    int node = index.locate(s.at(), source + ":" + place);
    put(s.name(), s.at(), mechanism, node, Arrays.stream(values).boxed().toList(), s.weight());
  }

  private void put(String name, Location at, Mechanism mechanism, int node, List<Double> values, double weight) {
    var rows = receptors.computeIfAbsent(mechanism.name(), k -> new Rows(receptors.size(), mechanism));
    slotReceptor.add(new int[] {rows.index, rows.of(node, values)});
    slots.add(new Slot(slots.size(), name, at, mechanism.name(), weight));
    names.add(name);
  }

  /** The cell with these slots. */
  CompiledCell on(CompiledCell cell) {
    return new CompiledCell(cell.name(), nodes, cell.membrane(), receptors.values().stream().map(Rows::placement).toList(),
        List.copyOf(slots), slotReceptor.toArray(int[][]::new), cell.sources(), cell.sectionLists(), cell.defaults());
  }
}
