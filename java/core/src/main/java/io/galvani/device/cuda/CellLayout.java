package io.galvani.device.cuda;

import io.galvani.cable.CableModel;
import io.galvani.cable.CableModel.Varied;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cpu.CpuDevice.Cubics;
import io.galvani.device.cuda.CableKernels.Traits;
import io.galvani.mechanism.Mechanism;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How a cell lies on the device ({@code kernels/cable/cable.h}): nodes in the order of the solve, mechanisms in groups, and where in them
 * each node and row of the described cell is.
 */
final class CellLayout {
  /** Entries of a table of rates: −100…100 mV. */
  static final int MILLIVOLTS = 201;

  /**
   * A mechanism, at most once a node; several point processes of a kind on one node are several groups.
   *
   * @param rows of the placement, one an instance, by place
   * @param gate first row of its gates
   * @param field first element of its fields
   * @param described first element of its description
   * @param table first element of its tables of rates; −1 for none
   * @param byInstance bits of the fields that differ from instance to instance
   * @param byCell bits of the fields that differ from cell to cell
   * @param cubics polynomial rates; null where they are exact
   */
  record Group(int placement, Traits traits, int[] rows, int gate, long field, long described, long table, long byInstance, long byCell,
      PlacedCubics cubics) {
    int instances() {
      return rows.length;
    }

    /** Row of a state; of the remainder of its steps for {@code state + traits.states()}. */
    int gateRow(int state, int instance) {
      return gate + state * rows.length + instance;
    }
  }

  /**
   * Polynomial rates of a mechanism among all of them.
   *
   * @param first of its rows of four coefficients
   */
  record PlacedCubics(Cubics cubics, int first) {}

  /** Where a row of a placement is. */
  record Instance(int group, int number) {}

  final CableModel model;
  final PackShape shape;
  final SolveOrder order;
  final int[] calcium;  // nodes where something needs cai or eca, ascending: the pools
  final List<Group> groups = new ArrayList<>();
  final int synapses;  // groups before them are pools and channels
  final int stimuli;
  final int gateRows;
  final long fieldElements;
  final Map<String, PlacedCubics> cubics = new LinkedHashMap<>();  // by mechanism, in the order in which they lie
  private int tableElements;
  final boolean remainders;  // whether slow gates keep what rounding took
  private final Instance[][] instances;

  CellLayout(CableModel model, CableKernels kernels, PackShape shape) {
    this.model = model;
    this.shape = shape;
    order = SolveOrder.of(model.cell().nodes().parent(), shape.lanes());
    calcium = calcium(model);
    remainders = kernels.gateBytes() == 4;
    List<Placement> placements = model.placements();
    instances = placements.stream().map(p -> new Instance[p.node().length]).toArray(Instance[][]::new);
    int[] kinds = new int[Mechanism.Kind.values().length];
    int gate = 0;
    long field = 0;
    long described = 0;
    for (int p : actingOrder(placements)) {
      Traits traits = kernels.traits(placements.get(p).mechanism());
      for (int[] rows : onceANode(placements.get(p))) {
        long byCell = byCell(p, traits, rows);
        long byInstance = byInstance(placements.get(p), traits, rows);
        boolean tabulated = traits.tabulated() && model.tabulated(p);
        var group = new Group(p, traits, rows, gate, field, described, tabulated ? tableElements : -1, byInstance, byCell,
            tabulated || model.options().rates() == Rates.EXACT ? null : cubics(placements.get(p).mechanism()));
        for (int i = 0; i < rows.length; i++) {
          instances[p][rows[i]] = new Instance(groups.size(), i);
        }
        groups.add(group);
        kinds[placements.get(p).mechanism().kind().ordinal()]++;
        gate = Math.addExact(gate, rows.length * traits.states() * (remainders && traits.slow() ? 2 : 1));
        tableElements += tabulated ? traits.states() * 2 * MILLIVOLTS : 0;
        described += (long) rows.length * (1 + traits.parameters());
        for (int f = 0; f < traits.fields(); f++) {
          field += (byCell >> f & 1) != 0 ? (long) rows.length * packs() << shape.log2() : (byInstance >> f & 1) != 0 ? rows.length : 1;
        }
      }
    }
    stimuli = groups.size() - kinds[Mechanism.Kind.STIMULUS.ordinal()];
    synapses = stimuli - kinds[Mechanism.Kind.SYNAPSE.ordinal()];
    gateRows = gate;
    fieldElements = field;
  }

  /** Those of a mechanism, once for all its groups; null where nothing depends on voltage alone. */
  private PlacedCubics cubics(Mechanism m) {
    PlacedCubics known = cubics.get(m.name());
    if (known != null) {
      return known;
    }
    var options = model.options();
    Cubics made = CpuDevice.cubics(m.name(), options.celsius(), options.dt(), options.precision().gateBytes() == 4);
    if (made.segments() == 0) {
      return null;
    }
    int first = cubics.values().stream().mapToInt(c -> c.cubics.coefficients().length / 4).sum();
    cubics.put(m.name(), new PlacedCubics(made, first));
    return cubics.get(m.name());
  }

  /** What a cell takes of a device. */
  static PackShape.Demand demand(CableModel model) {
    Precision precision = model.options().precision();
    long rows = 0;
    int widest = model.cell().nodes().count();
    for (Placement p : model.placements()) {
      Mechanism m = p.mechanism();
      rows += (long) p.node().length * m.states().size() * (precision.gateBytes() == 4 && m.slow() ? 2 : 1);
      widest = Math.max(widest, p.node().length);
    }
    long voltages = 3L * model.cell().nodes().count() + 3L * calcium(model).length + model.cell().sources().size();
    return new PackShape.Demand(voltages * precision.voltageBytes(), rows * precision.gateBytes(), widest);
  }

  private static int[] calcium(CableModel model) {
    return model.placements().stream().filter(p -> p.mechanism().calcium()).flatMapToInt(p -> Arrays.stream(p.node()))
        .distinct().sorted().toArray();
  }

  /** Pools act first, so that channels see the new cai; stimuli last. */
  private static int[] actingOrder(List<Placement> placements) {
    var rank = List.of(Mechanism.Kind.POOL, Mechanism.Kind.CHANNEL, Mechanism.Kind.SYNAPSE, Mechanism.Kind.STIMULUS);
    return IntStream.range(0, placements.size()).boxed()
        .sorted(Comparator.comparingInt(p -> rank.indexOf(placements.get(p).mechanism().kind()))).mapToInt(p -> p).toArray();
  }

  /** Rows in lists that name no node twice, each by place. */
  private List<int[]> onceANode(Placement p) {
    int[] seen = new int[order.place().length];
    List<List<Integer>> lists = new ArrayList<>();
    for (int row = 0; row < p.node().length; row++) {
      int turn = seen[p.node()[row]]++;
      if (turn == lists.size()) {
        lists.add(new ArrayList<>());
      }
      lists.get(turn).add(row);
    }
    return lists.stream().map(l -> l.stream().sorted(Comparator.comparingInt(row -> order.place()[p.node()[row]]))
        .mapToInt(row -> row).toArray()).toList();
  }

  private long byCell(int placement, Traits traits, int[] rows) {
    long bits = 0;
    for (Varied v : model.varied()) {
      if (v.placement() == placement && Arrays.stream(v.rows()).anyMatch(row -> contains(rows, row))) {
        bits |= 1L << 1 + v.parameter() | derived(traits);
      }
    }
    return bits;
  }

  private long byInstance(Placement p, Traits traits, int[] rows) {
    boolean density = p.mechanism().kind() == Mechanism.Kind.CHANNEL;
    double[] area = model.cell().nodes().area();
    long bits = density && differ(rows, row -> area[p.node()[row]]) ? 1 : 0;
    for (int k = 0; k < traits.parameters(); k++) {
      double[] values = p.values()[k];
      if (differ(rows, row -> values[row])) {
        bits |= 1L << 1 + k | derived(traits);
      }
    }
    return bits;
  }

  /** What is derived may depend on any parameter. */
  private static long derived(Traits traits) {
    return (1L << traits.fields()) - (1L << 1 + traits.parameters());
  }

  private static boolean contains(int[] rows, int row) {
    return Arrays.stream(rows).anyMatch(r -> r == row);
  }

  private static boolean differ(int[] rows, java.util.function.IntToDoubleFunction value) {
    return Arrays.stream(rows).mapToDouble(value).distinct().limit(2).count() > 1;
  }

  // ---- sizes and places --------------------------------------------------------------------------------------------

  int tableElements() {
    return tableElements;
  }

  int packs() {
    return shape.packs(model.options().cells());
  }

  int nodes() {
    return order.node().length;
  }

  /** Rows of v, cai, eca, ica. */
  int voltageRows() {
    return nodes() + 3 * calcium.length;
  }

  Instance instance(int placement, int row) {
    return instances[placement][row];
  }

  /** The pool of a node; −1 for none. */
  int pool(int node) {
    return Math.max(-1, Arrays.binarySearch(calcium, node));
  }

  int caiRow(int pool) {
    return nodes() + pool;
  }

  int ecaRow(int pool) {
    return nodes() + calcium.length + pool;
  }

  /** Element of an array of that many rows, in which the cell of the pack is innermost. */
  long element(int rows, int row, int cell) {
    return (((long) (cell >> shape.log2()) * rows + row) << shape.log2()) + (cell & shape.cells() - 1);
  }
}
