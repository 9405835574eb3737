package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.cell.CompiledCell.Placement;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The state of cells in the order in which they were described, as {@code native/include/galvani.h} has it: between the arrays of the
 * device and a snapshot that any engine can go on from.
 */
final class PortableState {
  private static final int HEADER = 16;

  /**
   * A snapshot taken apart.
   *
   * @param voltages and {@code gates}: as the device has them
   */
  record Parts(long steps, List<Deliveries.Expiry> expiries, byte[] voltages, byte[] gates) {}

  private final CellLayout layout;
  private final int voltageBytes;
  private final int gateBytes;
  private final int[] voltageRows;  // of v, cai, eca in the order of the snapshot
  private final int[] gateRows;     // of states; −1 for a remainder that is not kept

  PortableState(CellLayout layout, CableKernels kernels) {
    this.layout = layout;
    voltageBytes = kernels.voltageBytes();
    gateBytes = kernels.gateBytes();
    int pools = layout.calcium.length;
    voltageRows = IntStream.concat(IntStream.of(layout.order.place()),
        IntStream.concat(IntStream.range(0, pools).map(layout::caiRow), IntStream.range(0, pools).map(layout::ecaRow))).toArray();
    var rows = IntStream.builder();
    List<Placement> placements = layout.model.placements();
    for (int p = 0; p < placements.size(); p++) {
      var traits = kernels.traits(placements.get(p).mechanism());
      for (int first = 0; first < traits.states() * (traits.slow() ? 2 : 1); first += traits.states()) {  // gates, then remainders
        for (int row = 0; row < placements.get(p).node().length; row++) {
          var at = layout.instance(p, row);
          for (int s = first; s < first + traits.states(); s++) {
            rows.add(first == 0 || layout.remainders ? layout.groups.get(at.group()).gateRow(s, at.number()) : -1);
          }
        }
      }
    }
    gateRows = rows.build().toArray();
  }

  /** Bytes of the device's voltages, of all packs. */
  long voltagesSize() {
    return (long) layout.packs() * layout.voltageRows() * voltageBytes << layout.shape.log2();
  }

  /** Bytes of the device's gates, of all packs. */
  long gatesSize() {
    return (long) layout.packs() * layout.gateRows * gateBytes << layout.shape.log2();
  }

  /**
   * A snapshot.
   *
   * @param voltages and {@code gates}: as the device has them
   */
  byte[] write(long steps, List<Deliveries.Expiry> expiries, byte[] voltages, byte[] gates) {
    long size = size(expiries.size());
    if (size > Integer.MAX_VALUE - 8) {
      throw new GalvaniException("snapshot: " + size + " bytes are more than one array holds. Use populations of fewer cells");
    }
    ByteBuffer v = little(voltages);
    ByteBuffer g = little(gates);
    ByteBuffer to = little(new byte[(int) size]).putLong(steps).putLong(expiries.size());
    for (int cell = 0; cell < layout.model.options().cells(); cell++) {
      for (int row : voltageRows) {
        to.putDouble(get(v, voltageBytes, layout.element(layout.voltageRows(), row, cell)));
      }
      for (int row : gateRows) {
        to.putDouble(row < 0 ? 0 : get(g, gateBytes, layout.element(layout.gateRows, row, cell)));
      }
    }
    for (var e : expiries) {
      to.putDouble(e.due()).putDouble(e.onset()).putDouble(e.weight()).putInt(e.cell()).putInt(e.slot());
    }
    return to.array();
  }

  /**
   * Takes a snapshot apart.
   *
   * @throws InputException if it is not of this population
   */
  Parts read(byte[] state) {
    ByteBuffer from = little(state);
    long fixed = size(0);
    long count = state.length < fixed ? -1 : from.getLong(8);
    if (count < 0 || count != (state.length - fixed) / Deliveries.Expiry.BYTES || state.length != size(count) || from.getLong(0) < 0) {
      throw new InputException("snapshot", null, "it is of " + state.length + " bytes, which are not a state of this population", null);
    }
    ByteBuffer v = little(new byte[Math.toIntExact(voltagesSize())]);
    ByteBuffer g = little(new byte[Math.toIntExact(gatesSize())]);
    int cells = layout.model.options().cells();
    for (int place = 0; place < layout.packs() << layout.shape.log2(); place++) {  // places beyond the end go on as the last cell
      from.position(HEADER + Math.min(place, cells - 1) * (voltageRows.length + gateRows.length) * 8);
      for (int row : voltageRows) {
        put(v, voltageBytes, layout.element(layout.voltageRows(), row, place), from.getDouble());
      }
      for (int row : gateRows) {
        double x = from.getDouble();
        if (row >= 0) {
          put(g, gateBytes, layout.element(layout.gateRows, row, place), x);
        }
      }
    }
    from.position((int) fixed);
    var expiries = new ArrayList<Deliveries.Expiry>();
    for (long i = 0; i < count; i++) {
      double due = from.getDouble();
      double onset = from.getDouble();
      double weight = from.getDouble();
      int cell = from.getInt();
      int slot = from.getInt();
      if (cell < 0 || cell >= cells || slot < 0 || slot >= layout.model.cell().slots().size() || !Double.isFinite(due)) {
        throw new InputException("snapshot", null, "an event in it is not of this population", null);
      }
      expiries.add(new Deliveries.Expiry(due, cell, slot, onset, weight));
    }
    return new Parts(from.getLong(0), expiries, v.array(), g.array());
  }

  private long size(long expiries) {
    return HEADER + 8L * (voltageRows.length + gateRows.length) * layout.model.options().cells() + Deliveries.Expiry.BYTES * expiries;
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static double get(ByteBuffer b, int bytes, long element) {
    int at = Math.toIntExact(element * bytes);
    return bytes == 8 ? b.getDouble(at) : b.getFloat(at);
  }

  private static void put(ByteBuffer b, int bytes, long element, double x) {
    int at = Math.toIntExact(element * bytes);
    if (bytes == 8) {
      b.putDouble(at, x);
    } else {
      b.putFloat(at, (float) x);
    }
  }
}
