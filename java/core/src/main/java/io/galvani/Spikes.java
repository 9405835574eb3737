package io.galvani;

import java.util.Arrays;

/** Spikes of a population, in order of (grid time, cell, source): primitive columns that only grow until cleared. */
public final class Spikes {
  private int[] cell = new int[64];
  private int[] source = new int[64];
  private double[] time = new double[64];
  private double[] crossing = new double[64];
  private int size;

  /**
   * Adds a spike.
   *
   * @param time grid time in ms: the first sample at or above threshold
   * @param crossing time in ms at which the line between the two samples crosses the threshold
   */
  public void add(int cell, int source, double time, double crossing) {
    if (size == this.cell.length) {
      int n = Math.multiplyExact(size, 2);
      this.cell = Arrays.copyOf(this.cell, n);
      this.source = Arrays.copyOf(this.source, n);
      this.time = Arrays.copyOf(this.time, n);
      this.crossing = Arrays.copyOf(this.crossing, n);
    }
    this.cell[size] = cell;
    this.source[size] = source;
    this.time[size] = time;
    this.crossing[size++] = crossing;
  }

  public int size() {
    return size;
  }

  public int cell(int i) {
    return cell[i];
  }

  /** Index into {@link Population#sources()}. */
  public int source(int i) {
    return source[i];
  }

  /** Grid time in ms of the first sample at or above threshold. */
  public double time(int i) {
    return time[i];
  }

  /** Interpolated time in ms of the threshold crossing. */
  public double crossing(int i) {
    return crossing[i];
  }

  public void clear() {
    size = 0;
  }

  /** Interpolated times in ms of one cell and source, ascending. */
  public double[] crossings(int cell, int source) {
    double[] t = new double[size];
    int n = 0;
    for (int i = 0; i < size; i++) {
      if (this.cell[i] == cell && this.source[i] == source) {
        t[n++] = crossing[i];
      }
    }
    return Arrays.copyOf(t, n);
  }
}
