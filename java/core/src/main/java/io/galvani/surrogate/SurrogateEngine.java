package io.galvani.surrogate;

import java.util.List;

/**
 * The windows of many cells on one device, and a network over them: what a device offers, in the network's numbers. {@link
 * SurrogatePopulation} makes a population of it. Not safe for use by two threads at once.
 */
public interface SurrogateEngine extends AutoCloseable {
  /**
   * Sets the windows.
   *
   * @param windows [window · channels] each, the oldest sample first: one for all cells, or one a cell
   */
  void start(List<double[]> windows);

  /**
   * Predicts samples.
   *
   * @param steps how many
   * @param inputs what arrives, in order of steps
   * @param recorded receives [steps][cells][numbers of a prediction]: corrected, normalised; it may be longer
   * @throws io.galvani.GalvaniException if a prediction is not finite
   */
  void advance(int steps, Inputs inputs, double[] recorded);

  /** Samples predicted since the start. */
  long steps();

  /** Bytes of memory that the cells take, without the weights. */
  long memory();

  /** The whole state. */
  byte[] save();

  /** Goes back (or forth) to a state of this engine or of one built alike. */
  void load(byte[] state);

  @Override
  void close();

  /**
   * Numbers that arrive at channels: columns.
   *
   * @param count how many; the arrays may be longer
   * @param step 0 for the present
   */
  record Inputs(int count, long[] step, int[] cell, int[] channel, double[] value) {
    /** Nothing. */
    public static final Inputs NONE = new Inputs(0, new long[0], new int[0], new int[0], new double[0]);
  }
}
