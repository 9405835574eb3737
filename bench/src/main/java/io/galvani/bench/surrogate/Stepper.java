package io.galvani.bench.surrogate;

/** Cells of one network, at rest at first, that something runs sample by sample. */
public interface Stepper extends AutoCloseable {
  /**
   * Enters an event of each cell into its newest sample, predicts the next, and feeds that back.
   *
   * @param channel [cells] which channel of the newest sample the event enters
   * @param weight of every event
   */
  void step(int[] channel, float weight);

  /** The last prediction, [cells, outputs]; valid until the next step. */
  float[] prediction();

  @Override
  void close();
}
