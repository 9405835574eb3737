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

  /** Steps after which its work repeats: not all are alike where some is done ahead for several. */
  default int period() {
    return 1;
  }

  @Override
  void close();
}
