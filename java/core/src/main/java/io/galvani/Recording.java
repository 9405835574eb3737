package io.galvani;

/** Samples of one probe over all cells, kept from one {@link #drain} to the next. */
public interface Recording {
  Probe probe();

  /** Steps from one sample to the next. */
  int every();

  /** Index of the first sample that waits: it was taken at {@code firstSample()·every()·step} ms. */
  long firstSample();

  /** Number of samples that wait, of each cell. */
  int samples();

  /**
   * Takes the waiting samples out.
   *
   * @return [cells][samples] in the unit of the probe
   */
  double[][] drain();
}
