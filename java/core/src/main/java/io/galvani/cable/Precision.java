package io.galvani.cable;

/** The declared floats of the direct engine. */
public enum Precision {
  /** All float64: the reference. */
  F64,
  /** Gates and conductances float32, voltage and tree solve float64. */
  MIXED,
  /** All float32. */
  F32
}
