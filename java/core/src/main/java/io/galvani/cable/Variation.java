package io.galvani.cable;

import io.galvani.InputException;

/**
 * A parameter that differs from cell to cell.
 *
 * @param target {@code region.parameter} and the like, see {@link io.galvani.cell.CompiledCell#resolve}; for a stimulus
 *     {@code stimulus[i].parameter}
 * @param mode whether the values replace what the cell has or multiply it
 * @param values one a cell
 */
public record Variation(String target, Mode mode, double[] values) {
  /** What the values do. */
  public enum Mode { SET, SCALE }

  public Variation {
    values = values.clone();
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new InputException("variation", target, "value of cell " + i + " is " + values[i], null);
      }
    }
  }
}
