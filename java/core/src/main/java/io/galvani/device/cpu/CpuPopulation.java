package io.galvani.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.Slot;
import io.galvani.Snapshot;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Stimulus;
import io.galvani.cable.Variation;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.cell.Target;
import io.galvani.device.cpu.abi.Galvani;
import io.galvani.device.cpu.abi.gv_options;
import io.galvani.device.cpu.abi.gv_probe;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A population of the direct engine on the CPU: a thin wrapper of {@code gv_population}. */
final class CpuPopulation implements Population {
  private static final Pattern STIMULUS = Pattern.compile("stimulus\\[(\\d+)]\\.(\\w+)");

  private final CompiledCell cell;
  private final CableOptions options;
  private final List<Placement> placements = new ArrayList<>();
  private final int receptorOffset;
  private final int stimulusOffset;
  private MemorySegment handle;

  CpuPopulation(CompiledCell cell, CableOptions options, InstructionSet isa) {
    this.cell = cell;
    this.options = options;
    placements.addAll(cell.membrane());
    receptorOffset = placements.size();
    placements.addAll(cell.receptors());
    stimulusOffset = placements.size();
    options.stimuli().forEach(s -> placements.add(placement(s)));
    try (Arena arena = Arena.ofConfined()) {
      handle = create(arena, isa);
      options.variations().forEach(v -> vary(arena, v));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  // ---- construction ------------------------------------------------------------------------------------------------

  private Placement placement(Stimulus s) {
    Mechanism m = Catalogue.builtIn().require(s.mechanism(), "stimulus", null);
    double[] defaults = m.defaults();
    s.parameters().forEach((name, value) -> defaults[m.indexOf(name)] = value);
    double[][] values = Arrays.stream(defaults).mapToObj(v -> new double[] {v}).toArray(double[][]::new);
    return new Placement(m, new int[] {cell.locate(s.at(), "stimulus " + s.mechanism())}, values);
  }

  private MemorySegment create(Arena arena, InstructionSet isa) {
    var nodes = cell.nodes();
    MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
    Status.check(cell.name(), Galvani.gv_cell_create(nodes.count(), arena.allocateFrom(JAVA_INT, nodes.parent()),
        arena.allocateFrom(JAVA_DOUBLE, nodes.area()), arena.allocateFrom(JAVA_DOUBLE, nodes.ri()),
        arena.allocateFrom(JAVA_DOUBLE, nodes.cm()), out));
    MemorySegment described = out.get(ValueLayout.ADDRESS, 0);
    try {
      for (Placement p : placements) {
        double[] values = Arrays.stream(p.values()).flatMapToDouble(Arrays::stream).toArray();
        Status.check(cell.name(), Galvani.gv_cell_insert(described, arena.allocateFrom(p.mechanism().name()), p.node().length,
            arena.allocateFrom(JAVA_INT, p.node()), arena.allocateFrom(JAVA_DOUBLE, values), out));
      }
      int n = cell.slots().size();
      int[] placement = Arrays.stream(cell.slotReceptor()).mapToInt(s -> receptorOffset + s[0]).toArray();
      int[] row = Arrays.stream(cell.slotReceptor()).mapToInt(s -> s[1]).toArray();
      double[] weight = cell.slots().stream().mapToDouble(Slot::weight).toArray();
      Status.check(cell.name(), Galvani.gv_cell_slots(described, n, arena.allocateFrom(JAVA_INT, placement),
          arena.allocateFrom(JAVA_INT, row), arena.allocateFrom(JAVA_DOUBLE, weight)));
      int[] node = cell.sources().stream().mapToInt(s -> cell.locate(s.at(), "spike source")).toArray();
      double[] threshold = cell.sources().stream().mapToDouble(Source::threshold).toArray();
      Status.check(cell.name(), Galvani.gv_cell_sources(described, node.length, arena.allocateFrom(JAVA_INT, node),
          arena.allocateFrom(JAVA_DOUBLE, threshold)));
      MemorySegment o = gv_options.allocate(arena);
      gv_options.cells(o, options.cells());
      gv_options.precision(o, options.precision().ordinal());
      gv_options.rates(o, options.rates().ordinal());
      gv_options.isa(o, isa.ordinal());
      gv_options.threads(o, options.threads());
      gv_options.dt(o, options.dt());
      gv_options.v_init(o, options.vInit());
      gv_options.celsius(o, options.celsius());
      Status.check(cell.name(), Galvani.gv_population_create(described, o, out));
      return out.get(ValueLayout.ADDRESS, 0);
    } finally {
      Galvani.gv_cell_destroy(described);
    }
  }

  private void vary(Arena arena, Variation v) {
    var stimulus = STIMULUS.matcher(v.target());
    if (stimulus.matches()) {
      int i = Integer.parseInt(stimulus.group(1));
      if (i >= options.stimuli().size()) {
        throw new InputException("variation", v.target(), "there are " + options.stimuli().size() + " stimuli", null);
      }
      Mechanism m = placements.get(stimulusOffset + i).mechanism();
      vary(arena, v, stimulusOffset + i, m.require(stimulus.group(2), "variation", v.target()), new int[] {0});
      return;
    }
    switch (cell.resolve(v.target())) {
      case Target.OfMembrane t -> vary(arena, v, t.placement(), t.parameter(), t.rows());
      case Target.OfReceptors t -> vary(arena, v, receptorOffset + t.placement(), t.parameter(), t.rows());
      case Target.Cm t -> vary(arena, v, Galvani.GV_CM(), 0, t.nodes());
      case Target.Ra t -> varyRa(arena, v, t.nodes());
    }
  }

  // ri is proportional to Ra: replacing Ra multiplies ri by new over old.
  private void varyRa(Arena arena, Variation v, int[] nodes) {
    if (v.mode() == Variation.Mode.SCALE) {
      vary(arena, v, Galvani.GV_RI(), 0, nodes);
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
    byRa.forEach((Ra, rows) -> vary(arena,
        new Variation(v.target(), Variation.Mode.SCALE, Arrays.stream(v.values()).map(x -> x / Ra).toArray()),
        Galvani.GV_RI(), 0, rows.stream().mapToInt(Integer::intValue).toArray()));
  }

  private void vary(Arena arena, Variation v, int placement, int parameter, int[] rows) {
    if (placement >= 0) {
      Placement p = placements.get(placement);
      boolean set = v.mode() == Variation.Mode.SET;
      double most = Arrays.stream(rows).mapToDouble(row -> p.values()[parameter][row]).max().orElse(0);
      for (double x : v.values()) {
        p.mechanism().parameters().get(parameter).check(set ? x : x * most, "variation", v.target());
      }
    }
    Status.check("variation " + v.target(), Galvani.gv_population_vary(handle, placement, parameter, rows.length,
        arena.allocateFrom(JAVA_INT, rows), v.mode() == Variation.Mode.SCALE ? 1 : 0,
        arena.allocateFrom(JAVA_DOUBLE, v.values())));
  }

  // ---- the contract ------------------------------------------------------------------------------------------------

  @Override
  public int cells() {
    return options.cells();
  }

  @Override
  public double step() {
    return options.dt();
  }

  @Override
  public double time() {
    return steps() * options.dt();
  }

  @Override
  public List<Slot> slots() {
    return cell.slots();
  }

  @Override
  public List<Source> sources() {
    return cell.sources();
  }

  @Override
  public void advance(Events events, double until, Spikes spikes) {
    long now = steps();
    long end = Math.round(until / options.dt());
    if (!(Math.abs(until - end * options.dt()) <= 1e-6 * options.dt() * Math.max(1, Math.abs(end) * 1e-6))) {
      throw new InputException("advance", null, "until = " + until + " ms is not a multiple of dt = " + options.dt() + " ms", null);
    }
    if (end < now) {
      throw new InputException("advance", null, "until = " + until + " ms is before the present, " + time() + " ms", null);
    }
    double last = (end - 0.5) * options.dt();
    int due = events.countUntil(last);
    if (due > 0 && !(events.time(0) > (now - 0.5) * options.dt())) {
      throw new InputException("events", null, "event at " + events.time(0) + " ms lies before the present, " + time() + " ms",
          null);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(JAVA_DOUBLE, due);
      MemorySegment to = arena.allocate(JAVA_INT, due);
      MemorySegment slot = arena.allocate(JAVA_INT, due);
      MemorySegment weight = arena.allocate(JAVA_FLOAT, due);
      for (int i = 0; i < due; i++) {
        time.setAtIndex(JAVA_DOUBLE, i, events.time(i));
        to.setAtIndex(JAVA_INT, i, events.cell(i));
        slot.setAtIndex(JAVA_INT, i, events.slot(i));
        weight.setAtIndex(JAVA_FLOAT, i, events.weight(i));
      }
      MemorySegment count = arena.allocate(JAVA_LONG);
      Status.check("advance", Galvani.gv_population_advance(open(), end - now, due, time, to, slot, weight, count));
      events.drop(due);
      take(arena, count.get(JAVA_LONG, 0), spikes);
    }
  }

  private void take(Arena arena, long count, Spikes spikes) {
    if (count == 0) {
      return;
    }
    MemorySegment from = arena.allocate(JAVA_INT, count);
    MemorySegment source = arena.allocate(JAVA_INT, count);
    MemorySegment time = arena.allocate(JAVA_DOUBLE, count);
    MemorySegment crossing = arena.allocate(JAVA_DOUBLE, count);
    Status.check("spikes", Galvani.gv_population_spikes(handle, count, from, source, time, crossing));
    for (long i = 0; i < count; i++) {
      spikes.add(from.getAtIndex(JAVA_INT, i), source.getAtIndex(JAVA_INT, i), time.getAtIndex(JAVA_DOUBLE, i),
          crossing.getAtIndex(JAVA_DOUBLE, i));
    }
  }

  @Override
  public Recording record(Probe probe, int every) {
    if (every < 1) {
      throw new InputException("record", probe.toString(), "every = " + every + " is below 1 step", null);
    }
    int node = cell.locate(probe.at(), "probe " + probe);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment p = gv_probe.allocate(arena);
      gv_probe.node(p, node);
      gv_probe.every(p, every);
      resolve(probe, node, p);
      MemorySegment number = arena.allocate(JAVA_INT);
      Status.check("probe " + probe, Galvani.gv_population_record(open(), p, number));
      return new CpuRecording(probe, every, number.get(JAVA_INT, 0));
    }
  }

  private void resolve(Probe probe, int node, MemorySegment p) {
    Integer quantity = switch (probe.quantity()) {
      case "v" -> Galvani.GV_VOLTAGE();
      case "ina" -> Galvani.GV_SODIUM();
      case "ik" -> Galvani.GV_POTASSIUM();
      case "ica" -> Galvani.GV_CALCIUM();
      case "cai" -> Galvani.GV_CAI();
      case "eca" -> Galvani.GV_ECA();
      default -> null;
    };
    if (quantity != null) {
      gv_probe.quantity(p, quantity);
      return;
    }
    List<String> known = new ArrayList<>(List.of("v", "ina", "ik", "ica", "cai", "eca"));
    for (int i = 0; i < placements.size(); i++) {
      Mechanism m = placements.get(i).mechanism();
      int[] at = placements.get(i).node();
      for (int row = 0; row < at.length; row++) {
        if (at[row] != node) {
          continue;
        }
        gv_probe.placement(p, i);
        gv_probe.row(p, row);
        if (m.kind().isPoint() && probe.quantity().equals(m.name() + ".i")) {
          gv_probe.quantity(p, Galvani.GV_POINT_CURRENT());
          return;
        }
        for (int s = 0; s < m.states().size(); s++) {
          if (probe.quantity().equals(m.name() + "." + m.states().get(s))) {
            gv_probe.quantity(p, Galvani.GV_STATE());
            gv_probe.which(p, s);
            return;
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

  @Override
  public Snapshot snapshot() {
    try (Arena arena = Arena.ofConfined()) {
      long size = Galvani.gv_population_state_size(open());
      if (size > Integer.MAX_VALUE - 8) {
        throw new GalvaniException("snapshot: " + size + " bytes are more than one array holds. Use populations of fewer cells");
      }
      MemorySegment state = arena.allocate(size);
      Status.check("snapshot", Galvani.gv_population_save(handle, size, state));
      return new Snapshot(Galvani.gv_population_layout(handle), time(), state.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Override
  public void restore(Snapshot snapshot) {
    if (snapshot.layout() != Galvani.gv_population_layout(open())) {
      throw new InputException("snapshot", null, "it is of another population",
          "Restore it into one built from the same cell, options, stimuli and variations");
    }
    try (Arena arena = Arena.ofConfined()) {
      byte[] state = snapshot.state();
      Status.check("snapshot", Galvani.gv_population_load(handle, state.length, arena.allocateFrom(ValueLayout.JAVA_BYTE, state)));
    }
  }

  @Override
  public void close() {
    if (handle != null) {
      Galvani.gv_population_destroy(handle);
      handle = null;
    }
  }

  private MemorySegment open() {
    if (handle == null) {
      throw new GalvaniException("The population is closed");
    }
    return handle;
  }

  private long steps() {
    return Galvani.gv_population_steps(open());
  }

  private final class CpuRecording implements Recording {
    private final Probe probe;
    private final int every;
    private final int number;

    CpuRecording(Probe probe, int every, int number) {
      this.probe = probe;
      this.every = every;
      this.number = number;
    }

    @Override
    public Probe probe() {
      return probe;
    }

    @Override
    public int every() {
      return every;
    }

    @Override
    public long firstSample() {
      return waiting(0);
    }

    @Override
    public int samples() {
      return Math.toIntExact(waiting(1));
    }

    @Override
    public double[][] drain() {
      int samples = samples();
      double[][] taken = new double[options.cells()][samples];
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment all = arena.allocate(JAVA_DOUBLE, (long) options.cells() * samples);
        Status.check("probe " + probe, Galvani.gv_recording_take(open(), number, all));
        for (int c = 0; c < taken.length; c++) {
          MemorySegment.copy(all, JAVA_DOUBLE, 8L * c * samples, taken[c], 0, samples);
        }
      }
      return taken;
    }

    private long waiting(int which) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment both = arena.allocate(JAVA_LONG, 2);
        Status.check("probe " + probe, Galvani.gv_recording_waiting(open(), number, both, both.asSlice(8)));
        return both.getAtIndex(JAVA_LONG, which);
      }
    }
  }
}
