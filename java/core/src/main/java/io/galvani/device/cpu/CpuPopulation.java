package io.galvani.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.Interval;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.Slot;
import io.galvani.Snapshot;
import io.galvani.Spikes;
import io.galvani.cable.CableModel;
import io.galvani.cable.CableOptions;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.device.cpu.abi.Galvani;
import io.galvani.device.cpu.abi.gv_options;
import io.galvani.device.cpu.abi.gv_probe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/** A population of the direct engine on the CPU: a thin wrapper of {@code gv_population}. */
final class CpuPopulation implements Population {
  private final CableModel model;
  private final CableOptions options;
  private MemorySegment handle;

  CpuPopulation(CompiledCell cell, CableOptions options, InstructionSet isa) {
    model = new CableModel(cell, options);
    this.options = options;
    try (Arena arena = Arena.ofConfined()) {
      handle = create(arena, isa);
      for (CableModel.Varied v : model.varied()) {
        Status.check("variation " + v.target(), Galvani.gv_population_vary(handle, v.placement(), v.parameter(), v.rows().length,
            arena.allocateFrom(JAVA_INT, v.rows()), v.scale() ? 1 : 0, arena.allocateFrom(JAVA_DOUBLE, v.values())));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private MemorySegment create(Arena arena, InstructionSet isa) {
    var cell = model.cell();
    var nodes = cell.nodes();
    MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
    Status.check(cell.name(), Galvani.gv_cell_create(nodes.count(), arena.allocateFrom(JAVA_INT, nodes.parent()),
        arena.allocateFrom(JAVA_DOUBLE, nodes.area()), arena.allocateFrom(JAVA_DOUBLE, nodes.ri()),
        arena.allocateFrom(JAVA_DOUBLE, nodes.cm()), out));
    MemorySegment described = out.get(ValueLayout.ADDRESS, 0);
    try {
      for (Placement p : model.placements()) {
        double[] values = Arrays.stream(p.values()).flatMapToDouble(Arrays::stream).toArray();
        Status.check(cell.name(), Galvani.gv_cell_insert(described, arena.allocateFrom(p.mechanism().name()), p.node().length,
            arena.allocateFrom(JAVA_INT, p.node()), arena.allocateFrom(JAVA_DOUBLE, values), out));
      }
      Status.check(cell.name(), Galvani.gv_cell_slots(described, cell.slots().size(), arena.allocateFrom(JAVA_INT, model.slotPlacement()),
          arena.allocateFrom(JAVA_INT, model.slotRow()), arena.allocateFrom(JAVA_DOUBLE, model.slotWeight())));
      Status.check(cell.name(), Galvani.gv_cell_sources(described, cell.sources().size(),
          arena.allocateFrom(JAVA_INT, model.sourceNode()), arena.allocateFrom(JAVA_DOUBLE, model.sourceThreshold())));
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
  public double lead() {
    return model.lead();
  }

  @Override
  public List<Slot> slots() {
    return model.cell().slots();
  }

  @Override
  public List<Source> sources() {
    return model.cell().sources();
  }

  @Override
  public void advance(Events events, double until, Spikes spikes) {
    Interval interval = model.interval(events, steps(), until);
    int due = interval.events();
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
      Status.check("advance", Galvani.gv_population_advance(open(), interval.to() - interval.from(), due, time, to, slot, weight, count));
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
    CableModel.Measured m = model.measured(probe, every);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment p = gv_probe.allocate(arena);
      gv_probe.quantity(p, m.quantity().ordinal());
      gv_probe.node(p, m.node());
      gv_probe.placement(p, m.placement());
      gv_probe.row(p, m.row());
      gv_probe.which(p, m.which());
      gv_probe.every(p, every);
      MemorySegment number = arena.allocate(JAVA_INT);
      Status.check("probe " + probe, Galvani.gv_population_record(open(), p, number));
      return new CpuRecording(probe, every, number.get(JAVA_INT, 0));
    }
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
      return new Snapshot(model.layout(), time(), state.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Override
  public void restore(Snapshot snapshot) {
    open();
    snapshot.requireLayout(model.layout());
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
