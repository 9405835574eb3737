package io.galvani.cable;

/** How the rates of voltage gates are evaluated. */
public enum Rates {
  /** The mechanisms' own functions. */
  EXACT,
  /** Piecewise polynomials built from them, with a computed error bound; exact outside −120…80 mV. */
  POLY
}
