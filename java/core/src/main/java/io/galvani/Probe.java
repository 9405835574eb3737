package io.galvani;

/**
 * A quantity at a place of the cell.
 *
 * <p>Quantities: {@code v} (mV); {@code ina}, {@code ik}, {@code ica} (mA/cm²); {@code cai} (mM), {@code eca} (mV); a state
 * of a mechanism as {@code mechanism.state} (for example {@code NaTa_t.m}, {@code hh.n}); the current of a point process
 * as {@code mechanism.i} (nA, positive outward).
 *
 * <p>Sample k holds voltages and states at t = k·dt, and currents as they were evaluated in the step that led to it:
 * NEURON's convention.
 */
public record Probe(Location at, String quantity) {
  /** Reads {@code section(x).quantity}, for example {@code soma(0.5).v} or {@code apic[36](0.97).Ih.m}. */
  public static Probe parse(String text) {
    int close = text.indexOf(')');
    if (close < 0 || close + 2 >= text.length() || text.charAt(close + 1) != '.') {
      throw new InputException("probe", null, "'" + text + "' is not of the form section(x).quantity",
          "Write e.g. soma(0.5).v");
    }
    return new Probe(Location.parse(text.substring(0, close + 1)), text.substring(close + 2).strip());
  }

  @Override
  public String toString() {
    return at + "." + quantity;
  }
}
