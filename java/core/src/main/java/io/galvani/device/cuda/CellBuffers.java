package io.galvani.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.galvani.cable.CableModel;
import io.galvani.cable.CableModel.Varied;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.mechanism.Mechanism;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The memory of a population on the device, filled by the kernels from what describes the cell: fields, geometry and the state at
 * t = 0 are the mechanisms' own doing.
 */
final class CellBuffers implements AutoCloseable {
  private final CellLayout layout;
  private final CableKernels kernels;
  private final CudaContext context;
  private final CudaStream stream;
  private final List<CudaBuffer> open = new ArrayList<>();
  private final boolean geometryByCell;
  final CudaBuffer voltages;
  final CudaBuffer gates;
  final byte[] model;  // the structure Model of kernels/cable/cable.h
  final double[][] lifetimes;  // of each group, as Deliveries takes them

  CellBuffers(CellLayout layout, CableKernels kernels, CudaContext context, CudaStream stream) {
    this.layout = layout;
    this.kernels = kernels;
    this.context = context;
    this.stream = stream;
    geometryByCell = layout.model.varied().stream().anyMatch(v -> v.placement() < 0);
    try {
      long cells = (long) layout.packs() << layout.shape.log2();
      voltages = buffer(cells * layout.voltageRows() * kernels.voltageBytes());
      gates = buffer(cells * layout.gateRows * kernels.gateBytes());
      model = model(cells);
      try (var description = new Description()) {
        lifetimes = fill(description.structure, cells);
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  // ---- structures --------------------------------------------------------------------------------------------------

  private byte[] model(long cells) {
    long geometry = (long) layout.nodes() * kernels.voltageBytes() * (geometryByCell ? cells : 1);
    var nodes = new Records();
    for (int place = 0; place < layout.nodes(); place++) {
      nodes.i32(layout.order.links()[place]).i32(layout.pool(layout.order.node()[place]));
    }
    var index = new Records();
    var groups = new Records();
    for (CellLayout.Group g : layout.groups) {
      int[] node = layout.model.placements().get(g.placement()).node();
      groups.i32(g.traits().number(), g.instances(), g.traits().parameters(), g.traits().fields())
          .i64(g.gate(), index.size() / 4, g.field(), g.described(), g.table(), g.byInstance(), g.byCell()).f64(0, 0, 0, 0);
      cubics(groups, g.cubics());
      index.i32(Arrays.stream(g.rows()).map(row -> layout.order.place()[node[row]]).toArray());
    }
    var options = layout.model.options();
    int sources = layout.model.cell().sources().size();
    boolean scratch = layout.shape.strategy() == CudaStrategy.THREAD;
    return new Records()
        .i64(buffer(nodes), buffer(new Records().i32(layout.order.round())), buffer(geometry).address(), buffer(geometry).address(),
            buffer(groups), buffer(index), buffer(layout.fieldElements * kernels.gateBytes()).address(),
            buffer(8L * layout.tableElements()).address(), buffer(cubics()), voltages.address(), gates.address(),
            scratch ? buffer(cells * (2L * layout.nodes() + sources) * kernels.voltageBytes()).address() : 0)
        .f64(options.dt(), options.celsius(), options.vInit())
        .i32(options.cells(), layout.packs(), layout.shape.log2(), layout.nodes(), layout.calcium.length, layout.order.rounds(),
            layout.gateRows, layout.groups.size(), layout.synapses, layout.stimuli, sources, geometryByCell ? 1 : 0)
        .toArray();
  }

  /** The structure Cubics of kernels/cable/cubics.h. */
  private static void cubics(Records to, CellLayout.PlacedCubics placed) {
    if (placed == null) {
      to.f32(0, 0).i32(0, 0);
    } else {
      to.f32(placed.cubics().perMillivolt(), placed.cubics().origin()).i32(placed.cubics().segments(), placed.first());
    }
  }

  /** The polynomials of all mechanisms. */
  private Records cubics() {
    var rows = new Records();
    layout.cubics.values().forEach(c -> rows.f32(c.cubics().coefficients()));
    return rows;
  }

  /** The description on the device, while it is read. */
  private final class Description implements AutoCloseable {
    private final List<CudaBuffer> mine = new ArrayList<>();
    final byte[] structure;

    Description() {
      try {
        structure = describe();
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }

    private byte[] describe() {
      CableModel m = layout.model;
      var nodes = m.cell().nodes();
      var values = new Records();
      for (CellLayout.Group g : layout.groups) {
        Placement p = m.placements().get(g.placement());
        boolean density = p.mechanism().kind() == Mechanism.Kind.CHANNEL;
        for (int row : g.rows()) {
          values.f64(density ? 1e-2 * nodes.area()[p.node()[row]] : 1);
        }
        for (double[] column : p.values()) {
          values.f64(Arrays.stream(g.rows()).mapToDouble(row -> column[row]).toArray());
        }
      }
      var rows = new Records();
      var variations = new Records();
      int count = 0;
      for (Varied v : m.varied()) {
        long value = values.size() / 8;
        values.f64(v.values());
        if (v.placement() < 0) {
          variations.i32(v.placement(), 0, v.scale() ? 1 : 0, 0).i64(rows.size(), value);
          rows.u8(marks(layout.order.node(), v.rows(), nodes.count()));
          count++;
          continue;
        }
        for (int g = 0; g < layout.groups.size(); g++) {
          if (layout.groups.get(g).placement() == v.placement()) {
            variations.i32(g, 1 + v.parameter(), v.scale() ? 1 : 0, 0).i64(rows.size(), value);
            rows.u8(marks(layout.groups.get(g).rows(), v.rows(), m.placements().get(v.placement()).node().length));
            count++;
          }
        }
      }
      return new Records().i64(upload(values), upload(rows), upload(variations), upload(byPlace(nodes.area())), upload(byPlace(nodes.ri())),
          upload(byPlace(nodes.cm())), count).toArray();
    }

    /** 1 where a row is among those that vary. */
    private static byte[] marks(int[] rows, int[] varied, int count) {
      boolean[] set = new boolean[count];
      for (int row : varied) {
        set[row] = true;
      }
      byte[] marks = new byte[rows.length];
      for (int i = 0; i < rows.length; i++) {
        marks[i] = (byte) (set[rows[i]] ? 1 : 0);
      }
      return marks;
    }

    private Records byPlace(double[] ofNodes) {
      return new Records().f64(Arrays.stream(layout.order.node()).mapToDouble(i -> ofNodes[i]).toArray());
    }

    private long upload(Records records) {
      CudaBuffer buffer = context.buffer(Math.max(1, records.size()));
      mine.add(buffer);
      buffer.upload(MemorySegment.ofArray(records.toArray()));
      return buffer.address();
    }

    @Override
    public void close() {
      mine.forEach(CudaBuffer::close);
    }
  }

  // ---- filling -----------------------------------------------------------------------------------------------------

  private double[][] fill(byte[] description, long cells) {
    for (int g = 0; g < layout.groups.size(); g++) {
      var group = layout.groups.get(g);
      launch("fields", group.instances() * (group.byCell() != 0 ? cells : 1), model, description, g);
      if (group.table() >= 0) {
        launch("tables", CellLayout.MILLIVOLTS, model, g);
      }
    }
    launch("geometry", layout.nodes() * (geometryByCell ? cells : 1), model, description);
    launch("voltages", cells * layout.voltageRows(), model);
    for (int g = 0; g < layout.groups.size(); g++) {
      launch("states", layout.groups.get(g).instances() * cells, model, description, g);
    }
    double[][] lifetimes = new double[layout.groups.size()][];
    for (int g = 0; g < lifetimes.length; g++) {
      var group = layout.groups.get(g);
      if (group.traits().ends()) {
        lifetimes[g] = new double[group.instances() * (group.byCell() != 0 ? layout.model.options().cells() : 1)];
        try (CudaBuffer out = context.buffer(8L * lifetimes[g].length)) {
          launch("lifetimes", lifetimes[g].length, model, description, g, out);
          out.download(MemorySegment.ofArray(lifetimes[g]));
        }
      }
    }
    stream.synchronize();
    return lifetimes;
  }

  /** A thread for each of {@code count} items, which is the kernel's last argument. */
  private void launch(String kernel, long count, Object... arguments) {
    var all = Arrays.copyOf(arguments, arguments.length + 1);
    all[arguments.length] = count;
    kernels.kernel(kernel).launch(stream, LaunchShape.covering(count, CableKernels.SETUP_THREADS), all);
  }

  // ---- memory ------------------------------------------------------------------------------------------------------

  private CudaBuffer buffer(long bytes) {
    CudaBuffer made = context.buffer(Math.max(1, bytes));
    open.add(made);
    return made;
  }

  private long buffer(Records content) {
    CudaBuffer made = buffer(content.size());
    made.upload(MemorySegment.ofArray(content.toArray()));
    return made.address();
  }

  /** The state as it lies on the device. */
  byte[] download(CudaBuffer from, long bytes) {
    MemorySegment to = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
    from.download(to);
    return to.toArray(JAVA_BYTE);
  }

  @Override
  public void close() {
    open.forEach(CudaBuffer::close);
    open.clear();
  }
}
