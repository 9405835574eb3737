package io.galvani.surrogate;

import io.galvani.InputException;
import java.util.List;

/**
 * How a population of surrogates is built.
 *
 * @param cells how many
 * @param precision of the network's numbers
 * @param threads over cells, or columns of matrices; results do not depend on it
 * @param lookAhead steps for which the known share of a projection is computed at once; results do not depend on it but for rounding
 * @param overwrites whether of coincident events on one channel the last one counts, as in the authors' code, and not their sum
 * @param start windows at t = 0, each [window · channels] in the network's numbers, the oldest sample first: none (at rest), one for all
 *     cells, or one a cell. The last sample is the present: events of the first step add to it.
 */
public record SurrogateOptions(int cells, SurrogatePrecision precision, int threads, int lookAhead, boolean overwrites, List<double[]> start) {
  /** Steps ahead, unless chosen: more would divide what few cells read further, but the newest columns' share grows. */
  public static final int LOOK_AHEAD = 16;

  /** One cell, float32, one thread, at rest. */
  public static final SurrogateOptions DEFAULT = new SurrogateOptions(1, SurrogatePrecision.F32, 1, LOOK_AHEAD, false, List.of());

  public SurrogateOptions {
    require(cells >= 1 && cells <= 100_000_000, "cells", cells, "1…100,000,000");
    require(threads >= 1 && threads <= 4096, "threads", threads, "1…4096");
    require(lookAhead >= 1 && lookAhead <= 1024, "look_ahead", lookAhead, "1…1024 steps");
    start = List.copyOf(start);
    if (start.size() > 1 && start.size() != cells) {
      throw new InputException("start", null, start.size() + " windows for " + cells + " cells", "Give none, one for all, or one a cell");
    }
  }

  private static void require(boolean holds, String name, Object value, String range) {
    if (!holds) {
      throw new InputException(name, null, value + " is out of range", "Allowed: " + range);
    }
  }

  public SurrogateOptions cells(int n) {
    return new SurrogateOptions(n, precision, threads, lookAhead, overwrites, start);
  }

  public SurrogateOptions precision(SurrogatePrecision p) {
    return new SurrogateOptions(cells, p, threads, lookAhead, overwrites, start);
  }

  public SurrogateOptions threads(int n) {
    return new SurrogateOptions(cells, precision, n, lookAhead, overwrites, start);
  }

  public SurrogateOptions lookAhead(int steps) {
    return new SurrogateOptions(cells, precision, threads, steps, overwrites, start);
  }

  public SurrogateOptions overwrites(boolean last) {
    return new SurrogateOptions(cells, precision, threads, lookAhead, last, start);
  }

  /** Set {@link #cells(int)} first. */
  public SurrogateOptions start(List<double[]> windows) {
    return new SurrogateOptions(cells, precision, threads, lookAhead, overwrites, windows);
  }
}
