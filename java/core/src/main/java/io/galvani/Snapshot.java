package io.galvani;

/**
 * State of a population at one time. Immutable.
 *
 * @param layout fingerprint of the population it fits: cell, precision, number of cells, parameters' shape
 * @param time ms
 * @param state opaque bytes of the device
 */
public record Snapshot(long layout, double time, byte[] state) {
  public Snapshot {
    state = state.clone();
  }

  @Override
  public byte[] state() {
    return state.clone();
  }
}
