package io.galvani.surrogate;

/**
 * From a quantity in its unit to the number that a network is given, and back.
 *
 * <p>{@code u = factor · value}; what of u lies above the knee is divided by the compression; then {@code x = (u − offset) / scale}.
 *
 * @param factor not 0; −1 flips inward currents
 * @param knee in the unit of u; infinite: nothing is compressed
 * @param compression 1 or more; infinite: clipped at the knee
 * @param offset the u that becomes 0
 * @param scale the u from 0 to 1; not 0
 */
public record Normalisation(double factor, double knee, double compression, double offset, double scale) {
  /** Each value as it is. */
  public static final Normalisation NONE = new Normalisation(1, Double.POSITIVE_INFINITY, 1, 0, 1);

  public Normalisation {
    if (!Double.isFinite(factor) || factor == 0) {
      throw new IllegalArgumentException("factor = " + factor + " is not a finite number other than 0");
    }
    if (!(knee > Double.NEGATIVE_INFINITY)) {
      throw new IllegalArgumentException("knee = " + knee + " is not a number");
    }
    if (!(compression >= 1)) {
      throw new IllegalArgumentException("compression = " + compression + " is not 1 or more");
    }
    if (knee == Double.POSITIVE_INFINITY && compression != 1) {
      throw new IllegalArgumentException("a compression of " + compression + " without a knee");
    }
    if (!Double.isFinite(offset)) {
      throw new IllegalArgumentException("offset = " + offset + " is not a finite number");
    }
    if (!Double.isFinite(scale) || scale == 0) {
      throw new IllegalArgumentException("scale = " + scale + " is not a finite number other than 0");
    }
  }

  /** Whether a value above the knee is lost. */
  public boolean clips() {
    return compression == Double.POSITIVE_INFINITY;
  }

  /** Whether nothing becomes 0, and sums become sums: what the channel of a synapse needs. */
  public boolean isLinear() {
    return offset == 0 && (knee == Double.POSITIVE_INFINITY || compression == 1);
  }

  /** The number that stands for a value. */
  public double normalise(double value) {
    double u = factor * value;
    if (u > knee) {
      u = knee + (u - knee) / compression;
    }
    return (u - offset) / scale;
  }

  /** The value that a number stands for. Above a knee that clips, where none is known, it is taken as not clipped. */
  public double restore(double number) {
    double u = number * scale + offset;
    if (u > knee && !clips()) {
      u = knee + (u - knee) * compression;
    }
    return u / factor;
  }
}
