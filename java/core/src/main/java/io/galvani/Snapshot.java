package io.galvani;

/**
 * State of a population at one time. Immutable. That of the direct engine is in the order of the cell as it was described
 * ({@code native/include/galvani.h}), so that another device can go on from it.
 *
 * @param layout fingerprint of the population it fits: cell, precision, number of cells, stimuli, variations
 * @param time ms
 * @param state bytes
 */
public record Snapshot(long layout, double time, byte[] state) {
  public Snapshot {
    state = state.clone();
  }

  @Override
  public byte[] state() {
    return state.clone();
  }

  /**
   * Refuses a population that this is not of.
   *
   * @param expected the population's fingerprint
   */
  public void requireLayout(long expected) {
    if (layout != expected) {
      throw new InputException("snapshot", null, "it is of another population",
          "Restore it into one built from the same cell, options, stimuli and variations");
    }
  }
}
