package io.galvani;

import java.util.List;

/**
 * Cells of one kind on one device, integrated together. Direct or surrogate, CPU or GPU: everything above (networks,
 * sweeps, comparisons) is written against this.
 *
 * <p>Not safe for use by two threads at once. State stays on the device; events, spikes and recorded samples cross.
 */
public interface Population extends AutoCloseable {
  /** Number of cells. */
  int cells();

  /** The grid in ms: dt of the direct engine, the sample step of a surrogate. */
  double step();

  /** Current time in ms, a multiple of {@link #step}. */
  double time();

  /**
   * By how many ms an event may come before a step and yet belong to it: half a step of the direct engine, which takes the nearest; next to
   * nothing of a surrogate, whose sample holds what arrives until the next.
   */
  double lead();

  /** Where events may arrive, the same on every cell. */
  List<Slot> slots();

  /** Where spikes are detected, the same on every cell. */
  List<Source> sources();

  /**
   * Integrates from {@link #time} to {@code until} ms, a multiple of {@link #step}.
   *
   * <p>Takes from {@code events} those with t0 − lead &lt; t ≤ until − lead (on the grid: t0 ≤ t &lt; until) and leaves later ones.
   * Coincident events add. Spikes are appended in the order (time, cell, source).
   *
   * @throws InputException if {@code until} is off the grid or in the past; if an event lies before the interval or names
   *     a cell or slot that does not exist (nothing is integrated and no event is taken then)
   */
  void advance(Events events, double until, Spikes spikes);

  /** Integrates to {@code until} ms without events. */
  default void advance(double until, Spikes spikes) {
    advance(new Events(), until, spikes);
  }

  /**
   * Records a probe on all cells, every so many steps, from now on. A sample falls on each multiple of {@code every}
   * steps since t = 0, the present time included.
   */
  Recording record(Probe probe, int every);

  /** The whole state at the present time. */
  Snapshot snapshot();

  /** Goes back (or forth) to a snapshot of this population or of one built alike; continues bit for bit. */
  void restore(Snapshot snapshot);

  @Override
  void close();

  /**
   * A place where the voltage is watched for spikes.
   *
   * @param at the compartment
   * @param threshold mV, crossed from below
   */
  record Source(Location at, double threshold) {}
}
