package io.galvani;

import java.util.regex.Pattern;

/**
 * A place on a cell as NEURON writes it, {@code section(x)}.
 *
 * @param section name of the section, such as {@code soma}, {@code apic[36]}
 * @param x relative position along the section, 0…1
 */
public record Location(String section, double x) {
  private static final Pattern FORM = Pattern.compile("\\s*([^()\\s]+)\\s*(?:\\(\\s*([^()\\s]+)\\s*\\))?\\s*");

  public Location {
    if (!(x >= 0 && x <= 1)) {
      throw new InputException("location", null, section + "(" + x + "): x lies outside 0…1", null);
    }
  }

  /** Reads {@code section(x)}; {@code section} alone means its middle. */
  public static Location parse(String text) {
    var m = FORM.matcher(text);
    if (!m.matches()) {
      throw new InputException("location", null, "'" + text + "' is not of the form section(x)", "Write e.g. soma(0.5)");
    }
    try {
      return new Location(m.group(1), m.group(2) == null ? 0.5 : Double.parseDouble(m.group(2)));
    } catch (NumberFormatException e) {
      throw new InputException("location", null, "'" + text + "': x is not a number", "Write e.g. soma(0.5)");
    }
  }

  @Override
  public String toString() {
    return section + "(" + (x == (int) x ? Integer.toString((int) x) : Double.toString(x)) + ")";
  }
}
