package io.galvani.surrogate;

import io.galvani.Location;
import io.galvani.Probe;

/**
 * One number of each prediction, and what becomes of it: a head of the network.
 *
 * <p>With y the mean of the predictions for sample n after the start of a run (0 is the first that is predicted), {@code v = gain(n) ·
 * outputAffine(y)} is what is recorded, and {@code feedbackAffine(v)} what the channel is given as its next sample.
 *
 * @param name unique among the outputs
 * @param probe what of the cell it stands for: under this it is recorded
 * @param unit of the quantity; that of the channel it feeds back
 * @param normalisation of the quantity; that of the channel it feeds back
 * @param channel index of the channel it feeds back; {@link #NO_CHANNEL} if none
 * @param outputAffine correction of a prediction
 * @param feedbackAffine correction of what is fed back, after the other
 * @param gain changes with time; {@link Gain#NONE} if not
 */
public record Output(String name, Probe probe, String unit, Normalisation normalisation, int channel, Affine outputAffine, Affine feedbackAffine,
    Gain gain) {
  /** An output that stands for what the soma has of its name. */
  public Output(String name, String unit, Normalisation normalisation, int channel, Affine outputAffine, Affine feedbackAffine, Gain gain) {
    this(name, new Probe(SOMA, name), unit, normalisation, channel, outputAffine, feedbackAffine, gain);
  }

  private static final Location SOMA = Location.parse("soma(0.5)");
  /** The output is fed back to no channel. */
  public static final int NO_CHANNEL = -1;

  /**
   * {@code v ← a · v + b}, in normalised numbers.
   *
   * @param a factor
   * @param b summand
   */
  public record Affine(double a, double b) {
    /** Changes nothing. */
    public static final Affine NONE = new Affine(1, 0);

    public Affine {
      if (!Double.isFinite(a) || !Double.isFinite(b)) {
        throw new IllegalArgumentException("a = " + a + ", b = " + b + " are not finite numbers");
      }
    }

    /** {@code a · v + b}. */
    public double of(double v) {
      return a * v + b;
    }
  }

  /**
   * A factor that approaches its limit: {@code limit + amplitude · decay^n} for sample n.
   *
   * @param decay from 0 to 1, for one sample
   */
  public record Gain(double limit, double amplitude, double decay) {
    /** Changes nothing. */
    public static final Gain NONE = new Gain(1, 0, 0);

    public Gain {
      if (!Double.isFinite(limit) || !Double.isFinite(amplitude) || !(decay >= 0 && decay <= 1)) {
        throw new IllegalArgumentException("limit = " + limit + ", amplitude = " + amplitude + ", decay = " + decay
            + ": the first two are finite, the last is from 0 to 1");
      }
    }

    /** The factor for sample n, 0 for the first that is predicted. */
    public double at(long n) {
      return limit + amplitude * Math.pow(decay, n);
    }
  }

  /** What is recorded of a prediction y of sample n, normalised. */
  public double recorded(double y, long n) {
    return gain.at(n) * outputAffine.of(y);
  }

  /** What the channel is given where {@code recorded} is recorded; both normalised. */
  public double fedBack(double recorded) {
    return feedbackAffine.of(recorded);
  }
}
