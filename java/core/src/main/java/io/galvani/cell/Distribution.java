package io.galvani.cell;

import io.galvani.Location;

/** How a parameter varies over a region: a function of a distance d. */
public sealed interface Distribution {
  /** Value at distance d. */
  double at(double d);

  /** What d is. */
  Distance over();

  /** The same everywhere. */
  record Uniform(double value) implements Distribution {
    @Override
    public double at(double d) {
      return value;
    }

    @Override
    public Distance over() {
      return Distance.RELATIVE;
    }
  }

  /** scale·(a + b·exp(c·d)). */
  record Exponential(double scale, double a, double b, double c, Distance over) implements Distribution {
    @Override
    public double at(double d) {
      return scale * (a + b * Math.exp(c * d));
    }
  }

  /** {@code inside} where from &lt; d &lt; to, {@code outside} elsewhere. */
  record Step(double from, double to, double inside, double outside, Distance over) implements Distribution {
    @Override
    public double at(double d) {
      return from < d && d < to ? inside : outside;
    }
  }

  /**
   * Straight lines from point to point, constant before the first and after the last. Two points at one d are a jump; the
   * first of them holds at d.
   *
   * @param d ascending
   * @param value one for each d
   */
  record Ramp(double[] d, double[] value, Distance over) implements Distribution {
    public Ramp {
      if (d.length == 0 || value.length != d.length) {
        throw new IllegalArgumentException("a ramp needs as many values as distances");
      }
      for (int i = 1; i < d.length; i++) {
        if (!(d[i - 1] <= d[i])) {
          throw new IllegalArgumentException("the distances of a ramp do not ascend");
        }
      }
      d = d.clone();
      value = value.clone();
    }

    @Override
    public double at(double at) {
      int i = 0;
      while (i < d.length && d[i] < at) {
        i++;
      }
      if (i == 0 || i == d.length) {
        return value[i == 0 ? 0 : i - 1];
      }
      return value[i - 1] + (value[i] - value[i - 1]) * (at - d[i - 1]) / (d[i] - d[i - 1]);
    }
  }

  /**
   * A distance over which something varies.
   *
   * @param origin path length is measured from here, µm; {@code null}: the relative position x in the section, 0…1
   * @param where the place of a segment at which it is taken
   * @param normalised whether it is divided by its largest value over the ends of the region's sections
   */
  record Distance(Location origin, Where where, boolean normalised) {
    /** The relative position in the section, at the centre of each segment. */
    public static final Distance RELATIVE = new Distance(null, Where.CENTRE, false);

    /** Path length in µm from {@code origin} to the centre of each segment. */
    public static Distance from(Location origin) {
      return new Distance(origin, Where.CENTRE, false);
    }
  }

  /** The place of a segment that stands for all of it. */
  enum Where {
    /** Its centre. */
    CENTRE,
    /** Its centre, but x = 1 for the last of a section: what hoc's {@code for (x)} leaves behind (Hay et al. 2011). */
    LAST_AT_END
  }
}
