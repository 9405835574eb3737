#include "cpu/poly.h"

#include <algorithm>
#include <cmath>

namespace galvani {
namespace {

// Absolute error of inf and of 1 − exp(−dt/tau) beyond which a higher degree or more segments are taken. For float32 a tenth of what
// NEURON's own tables of hh are off by.
constexpr double tolerance(Precision p) { return p == Precision::f64 ? 3e-6 : 3e-5; }

// Segment width and start: `segments` equal pieces that cover the range, with a kink, if any, on a knot.
void place(const Mechanism& m, int segments, double& low, double& high) {
  low = kPolyLow;
  high = kPolyHigh;
  if (m.kinks.empty()) return;
  const double kink = m.kinks[0];
  // The knot below which `before` pieces lie; the width is the smallest that still reaches both ends.
  double best = 1e9;
  for (int before = 1; before < segments; ++before) {
    const double width = std::fmax((kink - kPolyLow) / before, (kPolyHigh - kink) / (segments - before));
    if (width < best) {
      best = width;
      low = kink - before * width;
      high = low + segments * width;
    }
  }
}

// Both curves of each gate at v.
void curves(const Mechanism& m, const RateContext& context, double v, double* y) {
  Gate<double> gate[16];
  m.rates(v, context, gate);
  for (std::size_t s = 0; s < m.states.size(); ++s) {
    y[2 * s] = gate[s].inf;
    y[2 * s + 1] = -std::expm1(-context.env.dt * gate[s].rate);
  }
}

PolyCurves fit(const Mechanism& m, const RateContext& context, int degree, int segments) {
  const int n = degree + 1;
  const int count = 2 * static_cast<int>(m.states.size());
  PolyCurves p;
  place(m, segments, p.low, p.high);
  p.degree = degree;
  p.segments = segments;
  p.coefficients.assign(static_cast<std::size_t>(count) * n * segments, 0);
  p.bound.assign(count, 0);
  const double width = (p.high - p.low) / segments;
  const auto place_of = [&](int curve, int segment, int j) {
    return (static_cast<std::size_t>(curve) * segments + segment) * n + j;
  };
  std::vector<double> u(n), y(static_cast<std::size_t>(n) * count), probe(count);
  for (int segment = 0; segment < segments; ++segment) {
    const double start = p.low + segment * width;
    // Inside by a hair, so that a kink's own branch is taken at both ends.
    const auto at = [&](double x) { return start + width * std::fmin(std::fmax(0.5 + x, 1e-9), 1 - 1e-9); };
    for (int k = 0; k < n; ++k) {
      u[k] = -0.5 * std::cos(M_PI * (2 * k + 1) / (2.0 * n));
      curves(m, context, at(u[k]), &y[static_cast<std::size_t>(k) * count]);
    }
    for (int c = 0; c < count; ++c) {
      // Newton's divided differences through the Chebyshev points, expanded in powers of u.
      std::vector<double> d(n), power(n, 0), basis(n, 0);
      for (int k = 0; k < n; ++k) d[k] = y[static_cast<std::size_t>(k) * count + c];
      for (int j = 1; j < n; ++j) {
        for (int k = n - 1; k >= j; --k) d[k] = (d[k] - d[k - 1]) / (u[k] - u[k - j]);
      }
      basis[0] = 1;
      for (int k = 0; k < n; ++k) {
        for (int j = 0; j <= k; ++j) power[j] += d[k] * basis[j];
        for (int j = std::min(k + 1, n - 1); j >= 0; --j) basis[j] = (j > 0 ? basis[j - 1] : 0) - u[k] * basis[j];
      }
      for (int j = 0; j < n; ++j) p.coefficients[place_of(c, segment, j)] = static_cast<float>(power[j]);
    }
    for (int k = 0; k <= 64; ++k) {
      curves(m, context, at(k / 64.0 - 0.5), probe.data());
      for (int c = 0; c < count; ++c) {
        float value = 0;
        for (int j = degree; j >= 0; --j) value = value * (static_cast<float>(k) / 64 - 0.5f) + p.coefficients[place_of(c, segment, j)];
        p.bound[c] = std::fmax(p.bound[c], std::fabs(value - probe[c]));
      }
    }
  }
  return p;
}

}  // namespace

PolyCurves fit_gates(const Mechanism& m, const RateContext& context, const PolyForm& form, Precision precision) {
  for (int degree = form.lowest_degree, segments = form.fewest_segments;;) {
    PolyCurves p = fit(m, context, degree, segments);
    if (*std::max_element(p.bound.begin(), p.bound.end()) <= tolerance(precision)) return p;
    if (degree < form.highest_degree) ++degree;
    else if (segments < form.most_segments) segments *= 2;
    else return p;
  }
}

std::vector<float> PolyCurves::table(const PolyForm& form) const {
  const int curves = static_cast<int>(bound.size());
  std::vector<float> typed(form.size(curves, degree, segments));
  const float* value = coefficients.data();
  for (int curve = 0; curve < curves; ++curve) {
    for (int segment = 0; segment < segments; ++segment) {
      for (int j = 0; j <= degree; ++j) typed[form.place(curves, degree, segments, curve, segment, j)] = *value++;
    }
  }
  return typed;
}

std::vector<float> PolyCurves::rows() const {
  const std::size_t n = degree + 1, curves = bound.size();
  std::vector<float> rows(coefficients.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t segment = i / (n * curves), curve = i / n % curves;
    rows[i] = coefficients[(curve * segments + segment) * n + i % n];
  }
  return rows;
}

}  // namespace galvani
