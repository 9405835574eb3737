package io.galvani.device.cuda;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.Interval;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.Slot;
import io.galvani.Snapshot;
import io.galvani.Spikes;
import io.galvani.cable.CableModel;
import io.galvani.cable.CableModel.Quantity;
import io.galvani.cable.CableOptions;
import io.galvani.cell.CompiledCell.Placement;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A population of the direct engine on a GPU. Its state stays there; one launch integrates all steps between two looks of the host,
 * which sends events and takes spikes and samples ({@code kernels/cable/step.h}).
 */
final class CudaPopulation implements Population {
  /** What spikes and samples of one launch may take on the device, unless one step takes more. */
  private static final long BYTES_OF_A_LAUNCH = 64L << 20;
  private static final long MOST_STEPS = 1 << 20;
  private static final int SPIKE_BYTES = 24;

  private final CableModel model;
  private final CableKernels kernels;
  private final CudaKernel step;
  private final CudaContext context;
  private final CellLayout layout;
  private final PortableState portable;
  private final CudaStream stream;
  private final CellBuffers buffers;
  private final Deliveries deliveries;
  private final Room events;
  private final Room firsts;
  private final Room sources;
  private final Room descriptions;
  private final Room terms;
  private final Room spikes;
  private final Room counts;
  private final Room samples;
  private final List<CudaRecording> recordings = new ArrayList<>();
  private long bytesOfALaunch = BYTES_OF_A_LAUNCH;
  private long steps;
  private boolean closed;

  /** @param step a kernel of the shape's strategy */
  CudaPopulation(CableModel model, CableKernels kernels, CudaKernel step, CudaContext context, PackShape shape) {
    this.model = model;
    this.kernels = kernels;
    this.step = step;
    this.context = context;
    layout = new CellLayout(model, kernels, shape);
    portable = new PortableState(layout, kernels);
    stream = context.stream();
    CellBuffers made = null;
    try {
      made = new CellBuffers(layout, kernels, context, stream);
    } finally {
      if (made == null) {
        stream.close();
      }
    }
    buffers = made;
    deliveries = new Deliveries(layout, buffers.lifetimes);
    events = new Room(context);
    firsts = new Room(context);
    sources = new Room(context);
    descriptions = new Room(context);
    terms = new Room(context);
    spikes = new Room(context);
    counts = new Room(context);
    samples = new Room(context);
  }

  // ---- the contract ------------------------------------------------------------------------------------------------

  @Override
  public int cells() {
    return model.options().cells();
  }

  @Override
  public double step() {
    return model.options().dt();
  }

  @Override
  public double time() {
    requireOpen();
    return steps * step();
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

  /** How the cells are cut up. */
  PackShape shape() {
    return layout.shape;
  }

  /** Sets what spikes and samples of one launch may take on the device. */
  void limitLaunches(long bytes) {
    bytesOfALaunch = bytes;
  }

  @Override
  public void advance(Events queue, double until, Spikes fired) {
    requireOpen();
    Interval interval = model.interval(queue, steps, until);
    int taken = 0;
    while (steps < interval.to()) {
      long to = Math.min(interval.to(), steps + stepsOfALaunch());
      int due = Math.min(interval.events(), queue.countUntil((to - 0.5) * step()));
      launch(deliveries.pack(queue, taken, due, steps, to), (int) (to - steps), fired);
      taken = due;
    }
    queue.drop(interval.events());
  }

  /** As many as spikes and samples have room for, whatever happens. */
  private long stepsOfALaunch() {
    double bytes = (double) cells() * sources().size() * SPIKE_BYTES / 2;
    for (CudaRecording r : recordings) {
      bytes += (double) cells() * kernels.voltageBytes() / r.every();
    }
    return (long) Math.clamp(bytesOfALaunch / Math.max(bytes, 1e-9), 1, MOST_STEPS);
  }

  private void launch(Deliveries.Packed packed, int count, Spikes fired) {
    var sampled = new Sampling(recordings, steps, count, false);
    long capacity = (long) cells() * sources().size() * ((count + 1) / 2);  // after a crossing a step below threshold must come
    byte[] interval = new Records()
        .i64(events.fill(packed.events()), packed.isEmpty() ? 0 : firsts.fill(new Records().i32(packed.first())), sources.keep(watched()),
            descriptions.keep(sampled.descriptions), terms.keep(sampled.terms), spikes.reserve(capacity * SPIKE_BYTES),
            counts.zero(stream, 2 * Integer.BYTES), samples.reserve(sampled.elements * kernels.voltageBytes()), steps)
        .i32(count, sampled.voltages, sampled.states, sampled.order.size()).toArray();
    step.launch(stream, LaunchShape.of(layout.packs(), layout.shape.threads()).withShared(sharedBytes()), buffers.model, interval);
    stream.synchronize();
    int[] found = new int[2];
    counts.buffer().download(MemorySegment.ofArray(found));
    long from = steps;
    steps += count;
    if (found[1] != 0) {
      throw new GalvaniException("advance: a voltage of cell " + (cells() - found[1]) + " is no longer finite at " + time()
          + " ms; look for a parameter out of range or a dt too long");
    }
    takeSpikes(found[0], from, fired);
    sampled.take(samples, kernels.voltageBytes(), cells());
  }

  private Records watched() {
    int[] node = model.sourceNode();
    double[] threshold = model.sourceThreshold();
    var records = new Records();
    for (int s = 0; s < node.length; s++) {
      records.f64(threshold[s]).i32(layout.order.place()[node[s]], 0);
    }
    return records;
  }

  private int sharedBytes() {
    PackShape.Demand demand = CellLayout.demand(model);
    return Math.toIntExact(demand.shared(layout.shape.strategy()) << layout.shape.log2());
  }

  private void takeSpikes(int count, long from, Spikes fired) {
    record Spike(int step, int cell, int source, double fraction) {}
    if (count == 0) {
      return;
    }
    byte[] bytes = new byte[Math.multiplyExact(count, SPIKE_BYTES)];
    spikes.buffer().download(MemorySegment.ofArray(bytes));
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    var all = new Spike[count];
    for (int i = 0; i < count; i++) {
      double fraction = b.getDouble();
      all[i] = new Spike(b.getInt(), b.getInt(), b.getInt(), fraction);
      b.getInt();
    }
    Arrays.sort(all, Comparator.comparingInt(Spike::step).thenComparingInt(Spike::cell).thenComparingInt(Spike::source));
    for (Spike s : all) {
      fired.add(s.cell, s.source, (from + s.step) * step(), (from + s.step - 1 + s.fraction) * step());
    }
  }

  // ---- recordings --------------------------------------------------------------------------------------------------

  @Override
  public Recording record(Probe probe, int every) {
    requireOpen();
    CableModel.Measured m = model.measured(probe, every);
    if ((m.quantity() == Quantity.CAI || m.quantity() == Quantity.ECA) && layout.pool(m.node()) < 0) {
      throw new InputException("probe " + probe, null, "record: no such calcium on that node", null);
    }
    var recording = new CudaRecording(probe, every, cells(), m, steps, this::requireOpen);
    if (steps % every == 0) {
      var sampled = new Sampling(List.of(recording), steps, every, true);
      byte[] interval = new Records()
          .i64(0, 0, 0, descriptions.keep(sampled.descriptions), terms.keep(sampled.terms), 0, 0,
              samples.reserve(sampled.elements * kernels.voltageBytes()), steps)
          .i32(0, sampled.voltages, sampled.states, sampled.order.size()).toArray();
      kernels.kernel("sample").launch(stream, LaunchShape.of(layout.packs(), Math.max(32, layout.shape.cells())), buffers.model, interval);
      stream.synchronize();
      sampled.take(samples, kernels.voltageBytes(), cells());
    }
    recordings.add(recording);
    return recording;
  }

  /** The recordings of one launch as the kernels have them: voltages, then states, then currents. */
  private final class Sampling {
    final List<CudaRecording> order;
    final Records descriptions = new Records();
    final Records terms = new Records();
    final int voltages;
    final int states;
    long elements;
    private final int[] counts;
    private final boolean present;

    /** @param present whether they are asked for the present alone, instead of {@code count} steps after {@code from} */
    Sampling(List<CudaRecording> all, long from, int count, boolean present) {
      this.present = present;
      order = all.stream().sorted(Comparator.comparingInt(r -> moment(r.measured.quantity()))).toList();
      voltages = (int) all.stream().filter(r -> moment(r.measured.quantity()) == 0).count();
      states = voltages + (int) all.stream().filter(r -> moment(r.measured.quantity()) == 1).count();
      counts = new int[order.size()];
      int named = 0;
      for (int i = 0; i < counts.length; i++) {
        CudaRecording r = order.get(i);
        counts[i] = present ? 1 : r.samplesIn(from, count);
        List<CellLayout.Instance> counting = counting(r.measured);
        counting.forEach(t -> terms.i32(t.group(), t.number()));
        descriptions.i64(elements).i32(r.measured.quantity().ordinal(), r.every(), present ? r.every() : (int) (from % r.every()),
            row(r.measured), named, counting.size());
        named += counting.size();
        elements += (long) counts[i] * cells();
      }
    }

    /** When in a step: voltages after the solve, states when they have been brought to the time of v, what follows currents with them. */
    private static int moment(Quantity q) {
      return switch (q) {
        case VOLTAGE -> 0;
        case STATE, CAI -> 1;
        default -> 2;
      };
    }

    private int row(CableModel.Measured m) {
      return switch (m.quantity()) {
        case VOLTAGE -> layout.order.place()[m.node()];
        case CAI -> layout.caiRow(layout.pool(m.node()));
        case ECA -> layout.ecaRow(layout.pool(m.node()));
        case STATE -> {
          var at = layout.instance(m.placement(), m.row());
          yield layout.groups.get(at.group()).gateRow(m.which(), at.number());
        }
        default -> 0;
      };
    }

    /** The mechanisms whose currents add up to the quantity. */
    private List<CellLayout.Instance> counting(CableModel.Measured m) {
      if (moment(m.quantity()) < 2 || m.quantity() == Quantity.ECA) {
        return List.of();
      }
      if (m.quantity() == Quantity.POINT_CURRENT) {
        return List.of(layout.instance(m.placement(), m.row()));
      }
      var found = new ArrayList<CellLayout.Instance>();
      List<Placement> placements = model.placements();
      for (int p = 0; p < placements.size(); p++) {
        int[] node = placements.get(p).node();
        for (int row = 0; row < node.length && !placements.get(p).mechanism().kind().isPoint(); row++) {
          if (node[row] == m.node()) {
            found.add(layout.instance(p, row));
          }
        }
      }
      return found;
    }

    void take(Room from, int bytes, int cells) {
      if (elements == 0) {
        return;
      }
      byte[] all = new byte[Math.toIntExact(elements * bytes)];
      from.buffer().download(MemorySegment.ofArray(all));
      ByteBuffer b = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < counts.length; i++) {
        for (int s = 0; s < counts[i]; s++) {
          double[] sample = new double[cells];
          Arrays.setAll(sample, c -> bytes == 8 ? b.getDouble() : b.getFloat());
          if (present) {
            order.get(i).addPresent(sample);
          } else {
            order.get(i).add(sample);
          }
        }
      }
    }
  }

  // ---- state -------------------------------------------------------------------------------------------------------

  @Override
  public Snapshot snapshot() {
    requireOpen();
    byte[] voltages = buffers.download(buffers.voltages, portable.voltagesSize());
    byte[] gates = buffers.download(buffers.gates, portable.gatesSize());
    return new Snapshot(model.layout(), time(), portable.write(steps, deliveries.expiries(), voltages, gates));
  }

  @Override
  public void restore(Snapshot snapshot) {
    requireOpen();
    snapshot.requireLayout(model.layout());
    PortableState.Parts parts = portable.read(snapshot.state());
    buffers.voltages.upload(MemorySegment.ofArray(parts.voltages()));
    buffers.gates.upload(MemorySegment.ofArray(parts.gates()));
    deliveries.restore(parts.expiries());
    steps = parts.steps();
    recordings.forEach(r -> r.startAfter(steps));
  }

  private void requireOpen() {
    if (closed) {
      throw new GalvaniException("The population is closed");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      List.of(events, firsts, sources, descriptions, terms, spikes, counts, samples).forEach(Room::close);
      buffers.close();
      stream.close();
    }
  }
}
