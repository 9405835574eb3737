package io.galvani.device.cuda;

import io.galvani.Events;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.IntToLongFunction;

/** Events on their way to the device: sorts those of an interval as the kernels take them, and keeps those that have yet to end. */
final class Deliveries {
  /**
   * An event that will be received once more, with the opposite sign, when its lifetime is over. The order is total, and that of the
   * CPU engine: what results does not depend on how they came.
   *
   * @param due ms
   * @param onset ms
   */
  record Expiry(double due, int cell, int slot, double onset, double weight) implements Comparable<Expiry> {
    static final int BYTES = 32;
    private static final Comparator<Expiry> ORDER = Comparator.comparingDouble(Expiry::due).thenComparingInt(Expiry::cell)
        .thenComparingInt(Expiry::slot).thenComparingDouble(Expiry::onset).thenComparingDouble(Expiry::weight);

    @Override
    public int compareTo(Expiry o) {
      return ORDER.compare(this, o);
    }
  }

  /** One that is received in a step, counted from the beginning of the interval. */
  private record Delivery(int step, int cell, int slot, double weight, double age) {}

  /**
   * What the kernels take.
   *
   * @param events structures, by pack, then step; of one cell in the order in which they act
   * @param first of each pack, and the end
   */
  record Packed(byte[] events, int[] first) {
    boolean isEmpty() {
      return events.length == 0;
    }
  }

  private final CellLayout layout;
  private final double dt;
  private final int[] group;
  private final int[] instance;
  private final double[] weight;
  private final double[][] lifetime;  // of each group [instance][cell] or [instance]; null where events do not end
  private final PriorityQueue<Expiry> expiries = new PriorityQueue<>();

  /**
   * @param lifetime of each group, ms: [instance][cell], or [instance] where all cells have the same; null where events do not end
   */
  Deliveries(CellLayout layout, double[][] lifetime) {
    this.layout = layout;
    this.lifetime = lifetime;
    dt = layout.model.options().dt();
    int[] placement = layout.model.slotPlacement();
    int[] row = layout.model.slotRow();
    group = new int[row.length];
    instance = new int[row.length];
    Arrays.setAll(group, s -> layout.instance(placement[s], row[s]).group());
    Arrays.setAll(instance, s -> layout.instance(placement[s], row[s]).number());
    weight = layout.model.slotWeight();
  }

  /** Those that have yet to end, in their order. */
  List<Expiry> expiries() {
    return expiries.stream().sorted().toList();
  }

  void restore(List<Expiry> all) {
    expiries.clear();
    expiries.addAll(all);
  }

  /**
   * Packs an interval.
   *
   * @param begin and {@code end}: of the queue, the events that are due in it
   * @param from first step
   * @param to the step after the last
   */
  Packed pack(Events events, int begin, int end, long from, long to) {
    List<Delivery> ends = new ArrayList<>();
    List<Delivery> begins = new ArrayList<>();
    List<Expiry> later = new ArrayList<>();
    for (int i = begin; i < end; i++) {
      double time = events.time(i);
      int cell = events.cell(i);
      int slot = events.slot(i);
      double w = Float.isNaN(events.weight(i)) ? weight[slot] : events.weight(i);
      long step = stepOf(time, from, false);
      begins.add(new Delivery((int) (step - from), cell, slot, w, middle(step) - time));
      double[] life = lifetime[group[slot]];
      if (life != null) {
        int cells = life.length / layout.groups.get(group[slot]).instances();
        var expiry = new Expiry(time + life[instance[slot] * cells + (cells > 1 ? cell : 0)], cell, slot, time, w);
        if (stepOf(expiry.due, step, true) > step) {
          expiries.add(expiry);
        } else if (step + 1 < to) {  // the same step: an event is taken back in the next one at the earliest
          ends.add(delivery(expiry, step + 1, from));
        } else {
          later.add(expiry);
        }
      }
    }
    while (!expiries.isEmpty() && expiries.peek().due < middle(to - 1)) {
      Expiry e = expiries.remove();
      ends.add(delivery(e, stepOf(e.due, from, true), from));
    }
    expiries.addAll(later);
    ends.addAll(begins);
    ends.sort(Comparator.comparingInt(Delivery::step));  // stable: ends before beginnings
    return packed(ends);
  }

  private Delivery delivery(Expiry e, long step, long from) {
    return new Delivery((int) (step - from), e.cell, e.slot, -e.weight, middle(step) - e.onset);
  }

  private Packed packed(List<Delivery> all) {
    int[] first = new int[layout.packs() + 1];
    long[] order = new long[all.size()];
    IntToLongFunction pack = i -> all.get(i).cell >> layout.shape.log2();
    for (int i = 0; i < order.length; i++) {
      order[i] = pack.applyAsLong(i) << 32 | i;
      first[(int) pack.applyAsLong(i) + 1]++;
    }
    Arrays.sort(order);
    Arrays.parallelPrefix(first, Integer::sum);
    var records = new Records();
    for (long key : order) {
      Delivery d = all.get((int) key);
      records.i32(d.step, d.cell & layout.shape.cells() - 1, group[d.slot], instance[d.slot]).f64(d.weight, d.age);
    }
    return new Packed(records.toArray(), first);
  }

  /** ms: the middle of a step. */
  private double middle(long step) {
    return (step + 0.5) * dt;
  }

  /** The first step, not before {@code from}, whose middle is at or after a time; after it where {@code strictly}. */
  private long stepOf(double time, long from, boolean strictly) {
    long step = Math.max(from, (long) Math.floor(time / dt) - 1);
    while (strictly ? !(time < middle(step)) : !(time <= middle(step))) {
      step++;
    }
    return step;
  }
}
