// Piecewise polynomials of a mechanism's gates, built from its own rate functions.
#pragma once

#include <vector>

#include "cpu/catalogue.h"

namespace galvani {

// The range within which the polynomials stand for the rates; beyond, and for gates of calcium, the rates are exact.
inline constexpr double kPolyLow = -120, kPolyHigh = 80;  // mV

struct PolyCurves {
  double low, high;  // mV; covers kPolyLow…kPolyHigh, with every kink on a knot
  int segments;
  std::vector<double> coefficients;        // [gate][segment][inf, 1 − exp(−dt/tau)][degree + 1], in u = 0…1 of a segment
  std::vector<double> bound;               // [gate][2]: largest absolute error, over a fine grid in each segment

  PolyTable view(const void* typed) const { return {low, high, segments, typed}; }
  // The coefficient in place i of the table as an ISA wants it.
  double at(std::size_t i, bool by_row) const;
};

// In the form an ISA wants: of its degree, in as many segments or twice as many, as the tolerance asks for.
PolyCurves fit_gates(const Mechanism&, const RateContext&, PolyForm);

}  // namespace galvani
