// Piecewise polynomials of a mechanism's gates, built from its own rate functions.
#pragma once

#include <vector>

#include "cpu/catalogue.h"

namespace galvani {

// The range within which the polynomials stand for the rates; beyond, and for gates of calcium, the rates are exact.
inline constexpr double kPolyLow = -120, kPolyHigh = 80;  // mV

struct PolyCurves {
  double low, high;  // mV; covers kPolyLow…kPolyHigh, with every kink on a knot
  int degree, segments;
  std::vector<float> coefficients;         // [gate][inf, 1 − exp(−dt/tau)][segment][degree + 1], in u = −½…½ of a segment
  std::vector<double> bound;               // [gate][2]: largest absolute error in float32, over a fine grid in each segment

  // Laid out as the ISA reads it.
  std::vector<float> table(const PolyForm&) const;
  // Laid out as a GPU reads it: [segment][gate][inf, 1 − exp(−dt/tau)][degree + 1].
  std::vector<float> rows() const;
  PolyTable view(const float* table) const {
    const double per_mV = segments / (high - low);
    return {static_cast<float>(per_mV), static_cast<float>(-low * per_mV - 0.5), degree, segments, table};
  }
};

// Curves of which each, if the form allows, is within the precision's tolerance.
PolyCurves fit_gates(const Mechanism&, const RateContext&, const PolyForm&, Precision);

}  // namespace galvani
