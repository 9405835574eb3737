package io.galvani.cable;

/** The declared floats of the direct engine. */
public enum Precision {
  /** All float64: the reference. */
  F64,
  /** Gates and conductances float32, voltage and tree solve float64. */
  MIXED,
  /** All float32. */
  F32;

  /** Bytes of a gate, conductance or parameter. */
  public int gateBytes() {
    return this == F64 ? 8 : 4;
  }

  /** Bytes of a voltage. */
  public int voltageBytes() {
    return this == F32 ? 4 : 8;
  }
}
