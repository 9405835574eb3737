package io.galvani.surrogate;

/** In which numbers a network is computed. */
public enum SurrogatePrecision {
  /** float64 throughout: the reference. */
  F64,
  /** float32 throughout. */
  F32,
  /** bfloat16 where numbers are multiplied, float32 where they are summed; states and corrections as with F32. */
  BF16
}
