package io.galvani.morphology;

/** Form of a section. Lengths and diameters in µm. */
public sealed interface Shape {
  /** Length along the cable, µm. */
  double length();

  /**
   * A section without 3-D points.
   *
   * @param length µm
   * @param diam µm
   */
  record Cylinder(double length, double diam) implements Shape {}

  /**
   * A chain of frusta through 3-D points. Held as float32, as NEURON does, so that lengths agree to the last digit. Arrays
   * have one entry a point, are not copied and not to be written.
   *
   * @param x µm; likewise {@code y}, {@code z}
   * @param diam µm
   */
  record Points(float[] x, float[] y, float[] z, float[] diam) implements Shape {
    public Points {
      if (x.length < 2 || y.length != x.length || z.length != x.length || diam.length != x.length) {
        throw new IllegalArgumentException("a section needs two points or more and a diameter at each");
      }
    }

    /** Path length from the first point to each, µm. */
    public double[] arc() {
      double[] arc = new double[x.length];
      for (int i = 1; i < arc.length; i++) {
        double dx = x[i] - x[i - 1];
        double dy = y[i] - y[i - 1];
        double dz = z[i] - z[i - 1];
        arc[i] = arc[i - 1] + Math.sqrt(dx * dx + dy * dy + dz * dz);
      }
      return arc;
    }

    @Override
    public double length() {
      return arc()[x.length - 1];
    }
  }
}
