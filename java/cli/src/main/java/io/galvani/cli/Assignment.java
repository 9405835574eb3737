package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.cable.Variation;
import io.galvani.cable.Variation.Mode;
import io.galvani.trace.Npy;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A parameter and what it becomes: {@code target=2e-4} on all cells, {@code target=*1.5} times what it is,
 * {@code target=0.1..0.5} linear over the cells, {@code target=@values.npy} one value a cell.
 */
record Assignment(String target, String value) {
  private static final String FORMS = "Write target=2e-4, target=*1.5, target=0.1..0.5 or target=@values.npy";

  static Assignment parse(String text) {
    int eq = text.indexOf('=');
    if (eq <= 0 || eq == text.length() - 1) {
      throw new InputException("--set", null, "'" + text + "' is not target=value", FORMS);
    }
    return new Assignment(text.substring(0, eq).strip(), text.substring(eq + 1).strip());
  }

  /** The file that holds the values; {@code null} if they are not in one. */
  Path file() {
    return value.startsWith("@") ? Path.of(value.substring(1)) : null;
  }

  Variation variation(int cells) {
    double[] values = new double[cells];
    int range = value.indexOf("..");
    if (file() != null) {
      Npy file = Npy.read(file());
      if (file.shape().length != 1 || file.columns() != cells) {
        throw new InputException(file().toString(), null, "has shape " + Arrays.toString(file.shape()) + " for " + cells
            + " cells", "Give one value a cell");
      }
      values = file.values();
    } else if (range > 0) {
      double from = number(value.substring(0, range));
      double to = number(value.substring(range + 2));
      if (cells < 2) {
        throw new InputException("--set", target, "the range " + value + " needs at least two cells", "Add --cells");
      }
      Arrays.setAll(values, i -> from + (to - from) * i / (cells - 1));
    } else {
      Arrays.fill(values, number(value.startsWith("*") ? value.substring(1) : value));
    }
    return new Variation(target, value.startsWith("*") ? Mode.SCALE : Mode.SET, values);
  }

  private double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new InputException("--set", target, "'" + text + "' is not a number", FORMS);
    }
  }
}
