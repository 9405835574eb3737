package io.galvani.validation;

import io.galvani.cable.Mode;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;

/**
 * Every bound that a run is judged by, in this one place; {@code validation/tolerances.md} gives the reason of each.
 *
 * <p>Samples are compared within a shift in time: a sample may lie anywhere in the range that the known trace takes
 * within that many ms, widened by the bound on its value. For float64 with exact rates the shift is 0.
 */
public enum Tolerance {
  V_F64_EXACT(1e-6, "mV"),
  V_FLOAT32_FILE(5e-6, "mV"),
  V_ALPHA_SYNAPSE(1e-5, "mV"),
  V_F64_POLY(0.02, "mV"),
  V_FLOAT32(0.01, "mV"),
  V_FLOAT32_SPIKING(0.5, "mV"),

  RELATIVE_F64_EXACT(1e-6, "1"),
  RELATIVE_ALPHA_SYNAPSE(1e-5, "1"),
  RELATIVE_OTHERS(1e-3, "1"),

  SHIFT_F64_EXACT(0, "ms"),
  SHIFT_F64_POLY(0.025, "ms"),
  SHIFT_MIXED_EXACT(0.05, "ms"),
  SHIFT_F32_EXACT(0.25, "ms"),
  SHIFT_LOW_POLY(0.5, "ms"),

  STEADY_STATE(1e-9, "mV"),
  RATES(1e-9, "1"),
  RATES_AT_SINGULARITY(2e-5, "1");

  /** The bound. */
  public final double value;
  /** Its unit; 1 for a ratio. */
  public final String unit;

  Tolerance(double value, String unit) {
    this.value = value;
    this.unit = unit;
  }

  /** By how much spikes may be shifted. */
  static Tolerance shift(Mode mode) {
    return switch (mode.rates()) {
      case EXACT -> switch (mode.precision()) {
        case F64 -> SHIFT_F64_EXACT;
        case MIXED -> SHIFT_MIXED_EXACT;
        case F32 -> SHIFT_F32_EXACT;
      };
      case POLY -> mode.precision() == Precision.F64 ? SHIFT_F64_POLY : SHIFT_LOW_POLY;
    };
  }

  /**
   * By how much a voltage may lie outside the range of the known trace.
   *
   * @param float32 whether the known trace is stored as float32
   * @param alpha whether the run has AlphaSynapse events
   * @param spiking whether a known voltage of the run crosses 0 mV
   */
  static Tolerance voltage(Mode mode, boolean float32, boolean alpha, boolean spiking) {
    if (mode.precision() != Precision.F64) {
      return spiking ? V_FLOAT32_SPIKING : V_FLOAT32;
    }
    if (mode.rates() == Rates.POLY) {
      return V_F64_POLY;
    }
    return alpha ? V_ALPHA_SYNAPSE : float32 ? V_FLOAT32_FILE : V_F64_EXACT;
  }

  /** The same for any other quantity, as a share of the largest value of the known trace. */
  static Tolerance relative(Mode mode, boolean alpha) {
    if (!mode.isReference()) {
      return RELATIVE_OTHERS;
    }
    return alpha ? RELATIVE_ALPHA_SYNAPSE : RELATIVE_F64_EXACT;
  }
}
