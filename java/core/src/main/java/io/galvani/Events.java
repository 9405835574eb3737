package io.galvani;

import java.util.Arrays;

/**
 * Synaptic events on their way to a population: a queue of primitive columns, sorted by time.
 *
 * <p>Events may be added in any order; those of equal time keep the order in which they were added. A population takes
 * the due ones from the front, later ones stay.
 */
public final class Events {
  /** Stands for the slot's own weight. */
  public static final float DEFAULT_WEIGHT = Float.NaN;

  private double[] time = new double[64];
  private int[] cell = new int[64];
  private int[] slot = new int[64];
  private float[] weight = new float[64];
  private int head;
  private int tail;
  private boolean sorted = true;

  /** Adds an event of the slot's default weight at {@code time} ms. */
  public Events add(double time, int cell, int slot) {
    return add(time, cell, slot, DEFAULT_WEIGHT);
  }

  /** Adds an event at {@code time} ms; weight in µS (nA for slots that inject current). */
  public Events add(double time, int cell, int slot, float weight) {
    if (!Double.isFinite(time)) {
      throw new InputException("events", null, "time " + time + " ms is not a finite number", null);
    }
    if (Float.isInfinite(weight)) {
      throw new InputException("events", null, "weight " + weight + " at " + time + " ms is not finite", null);
    }
    if (tail == this.time.length) {
      makeRoom();
    }
    sorted &= tail == head || this.time[tail - 1] <= time;
    this.time[tail] = time;
    this.cell[tail] = cell;
    this.slot[tail] = slot;
    this.weight[tail++] = weight;
    return this;
  }

  /** Number of events that wait. */
  public int size() {
    return tail - head;
  }

  /** Time in ms of the i-th waiting event. */
  public double time(int i) {
    sort();
    return time[head + i];
  }

  /** Cell of the i-th waiting event. */
  public int cell(int i) {
    sort();
    return cell[head + i];
  }

  /** Slot of the i-th waiting event. */
  public int slot(int i) {
    sort();
    return slot[head + i];
  }

  /** Weight of the i-th waiting event; NaN for the slot's own. */
  public float weight(int i) {
    sort();
    return weight[head + i];
  }

  /** How many events wait with a time of at most {@code until} ms. */
  public int countUntil(double until) {
    sort();
    int lo = head;
    int hi = tail;
    while (lo < hi) {
      int mid = (lo + hi) >>> 1;
      if (time[mid] <= until) {
        lo = mid + 1;
      } else {
        hi = mid;
      }
    }
    return lo - head;
  }

  /** Drops the first {@code n} waiting events: they were delivered. */
  public void drop(int n) {
    if (n < 0 || n > size()) {
      throw new IllegalArgumentException("drop " + n + " of " + size());
    }
    head += n;
    if (head == tail) {
      head = tail = 0;
    }
  }

  private void makeRoom() {
    int n = size();
    int capacity = head > time.length / 2 ? time.length : Math.multiplyExact(time.length, 2);
    time = Arrays.copyOf(Arrays.copyOfRange(time, head, tail), capacity);
    cell = Arrays.copyOf(Arrays.copyOfRange(cell, head, tail), capacity);
    slot = Arrays.copyOf(Arrays.copyOfRange(slot, head, tail), capacity);
    weight = Arrays.copyOf(Arrays.copyOfRange(weight, head, tail), capacity);
    head = 0;
    tail = n;
  }

  private void sort() {
    if (sorted) {
      return;
    }
    int n = size();
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> head + i);
    Arrays.sort(order, (a, b) -> Double.compare(time[a], time[b]));
    double[] t = new double[n];
    int[] c = new int[n];
    int[] s = new int[n];
    float[] w = new float[n];
    for (int i = 0; i < n; i++) {
      t[i] = time[order[i]];
      c[i] = cell[order[i]];
      s[i] = slot[order[i]];
      w[i] = weight[order[i]];
    }
    time = Arrays.copyOf(t, Math.max(64, n));
    cell = Arrays.copyOf(c, Math.max(64, n));
    slot = Arrays.copyOf(s, Math.max(64, n));
    weight = Arrays.copyOf(w, Math.max(64, n));
    head = 0;
    tail = n;
    sorted = true;
  }
}
