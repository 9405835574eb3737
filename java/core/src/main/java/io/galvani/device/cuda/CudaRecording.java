package io.galvani.device.cuda;

import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.cable.CableModel.Measured;
import java.util.ArrayList;
import java.util.List;

/** Samples that came from the device and wait. */
final class CudaRecording implements Recording {
  private final Probe probe;
  private final int every;
  private final int cells;
  private final Runnable requireOpen;
  final Measured measured;
  private final List<double[]> waiting = new ArrayList<>();  // [cell] of each sample
  private long first;

  /** @param requireOpen refuses where the population is closed */
  CudaRecording(Probe probe, int every, int cells, Measured measured, long now, Runnable requireOpen) {
    this.probe = probe;
    this.every = every;
    this.cells = cells;
    this.measured = measured;
    this.requireOpen = requireOpen;
    startAfter(now);
  }

  /** Forgets what waits; the next sample is the first after {@code now}, in steps. */
  void startAfter(long now) {
    waiting.clear();
    first = now / every + 1;
  }

  /** Takes the sample of the present, which counts as the first. */
  void addPresent(double[] sample) {
    first--;
    waiting.add(sample);
  }

  void add(double[] sample) {
    waiting.add(sample);
  }

  /** Samples within so many steps after {@code from}. */
  int samplesIn(long from, long steps) {
    return Math.toIntExact((from + steps) / every - from / every);
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
    requireOpen.run();
    return first;
  }

  @Override
  public int samples() {
    requireOpen.run();
    return waiting.size();
  }

  @Override
  public double[][] drain() {
    requireOpen.run();
    double[][] taken = new double[cells][waiting.size()];
    for (int s = 0; s < waiting.size(); s++) {
      double[] sample = waiting.get(s);
      for (int c = 0; c < cells; c++) {
        taken[c][s] = sample[c];
      }
    }
    first += waiting.size();
    waiting.clear();
    return taken;
  }
}
