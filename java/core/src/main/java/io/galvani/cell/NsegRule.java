package io.galvani.cell;

import io.galvani.morphology.Shape;

/** Into how many segments a section is cut. */
public sealed interface NsegRule {
  /** NEURON's limit. */
  int MAX = 32767;

  /**
   * Number of segments, as a real number that may exceed {@link #MAX}.
   *
   * @param shape µm
   * @param Ra axial resistivity, Ω·cm
   * @param cm specific capacitance, µF/cm²
   */
  double nseg(Shape shape, double Ra, double cm);

  /** The same number for each section. */
  static NsegRule fixed(int n) {
    return new Fixed(n);
  }

  /** 1 + 2·int(L/um): Hay et al. 2011 with 40 µm. */
  static NsegRule every(double um) {
    return new Every(um);
  }

  /** At most {@code d} of the length constant at {@code f} Hz, an odd number; Hines and Carnevale 2001 with 0.1 and 100 Hz. */
  static NsegRule dLambda(double d, double f) {
    return new DLambda(d, f);
  }

  /** See {@link NsegRule#fixed}. */
  record Fixed(int n) implements NsegRule {
    @Override
    public double nseg(Shape shape, double Ra, double cm) {
      return n;
    }
  }

  /** See {@link NsegRule#every}. */
  record Every(double um) implements NsegRule {
    @Override
    public double nseg(Shape shape, double Ra, double cm) {
      return 1 + 2 * Math.floor(shape.length() / um);
    }
  }

  /** See {@link NsegRule#dLambda}. */
  record DLambda(double d, double f) implements NsegRule {
    @Override
    public double nseg(Shape shape, double Ra, double cm) {
      return 2 * Math.floor((electrotonicLength(shape, Ra, cm) / d + 0.9) / 2) + 1;
    }

    /** Length over the length constant 10⁵·√(diam/(4π·f·Ra·cm)) µm, summed over the frusta with their mean diameter. */
    private double electrotonicLength(Shape shape, double Ra, double cm) {
      double sum = switch (shape) {
        case Shape.Cylinder c -> c.length() / Math.sqrt(2 * c.diam());
        case Shape.Points p -> {
          double[] arc = p.arc();
          double s = 0;
          for (int i = 1; i < arc.length; i++) {
            s += (arc[i] - arc[i - 1]) / Math.sqrt(p.diam()[i - 1] + p.diam()[i]);
          }
          yield s;
        }
      };
      return sum * Math.sqrt(2) * 1e-5 * Math.sqrt(4 * Math.PI * f * Ra * cm);
    }
  }
}
