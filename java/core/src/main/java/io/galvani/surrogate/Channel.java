package io.galvani.surrogate;

/**
 * One number of each sample that a network is given: a state of the cell, or what arrives at synapses.
 *
 * @param name unique within the surrogate
 * @param unit of the quantity: mV, mA/cm2, uS …; empty if it has none
 * @param normalisation of the quantity
 * @param rest of the quantity in a cell at rest, where no window is given; of a synapse's channel nothing: 0
 */
public record Channel(String name, String unit, Normalisation normalisation, double rest) {
  /** @throws IllegalArgumentException if the rest is not a finite number */
  public Channel {
    if (!Double.isFinite(rest)) {
      throw new IllegalArgumentException("rest = " + rest + " is not a finite number");
    }
  }

  /** A channel that rests where its number is 0. */
  public Channel(String name, String unit, Normalisation normalisation) {
    this(name, unit, normalisation, normalisation.restore(0));
  }
}
