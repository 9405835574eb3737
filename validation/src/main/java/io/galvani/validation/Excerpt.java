package io.galvani.validation;

import java.util.Optional;

/**
 * The part of a run that is judged. What comes before it runs on the CPU, whose state the device then goes on from.
 *
 * @param from ms
 * @param to ms
 */
public record Excerpt(double from, double to) {
  /** Which part of each run is judged: slow devices take short ones. */
  @FunctionalInterface
  public interface Choice {
    /** Every run from its beginning to its end. */
    Choice WHOLE = (run, tstop, spikes) -> Optional.of(new Excerpt(0, tstop));

    /**
     * The part of one run; empty to leave it out.
     *
     * @param run case and run, as {@code case/run}
     * @param tstop its length, ms
     * @param spikes its known spike times, ms
     */
    Optional<Excerpt> of(String run, double tstop, double[] spikes);
  }

  /** Whether a time in ms lies in it, the ends included. */
  boolean holds(double ms) {
    return ms >= from - 1e-9 && ms <= to + 1e-9;
  }
}
