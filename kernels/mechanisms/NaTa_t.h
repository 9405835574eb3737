// NaTa_t: fast inactivating sodium current of the soma, Hay et al. (2011) after Colbert & Pan (2002). i = gbar m³h (v − ena).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_NaTa_t(P)                                       \
  P(gNaTa_tbar, "S/cm2", 0.00001, "peak conductance density")   \
  P(ena, "mV", 50, "sodium reversal potential")

// Both transient sodium channels of the model: activation shifted by `s` mV, inactivation by `s` + 28.
template <class R>
GALVANI_FN void transient_sodium_rates(R v, double s, Gate<R>& m, Gate<R>& h) {
  const R q(constants::hay_q10);
  // With e = exp(x), the closing rate's linoid is the opening one's times e: inf has neither.
  const R xm = ramp(v, s, -6);
  const R em = exp(xm);
  const auto lm = quotient::linoid(xm, em);
  const R sum_m = R(0.182 * 6) + R(0.124 * 6) * em;
  m = steady_rate<R>({R(0.182 * 6), sum_m}, (sum_m * q) * lm);
  const R xh = ramp(v, s + 28, 6);
  const R eh = exp(xh);
  const auto lh = quotient::linoid(xh, eh);
  const R sum_h = R(1) + eh;
  h = steady_rate<R>({R(1), sum_h}, (R(0.015 * 6) * sum_h * q) * lh);
}

template <class R>
struct NaTa_t {
  static constexpr const char* name = "NaTa_t";
  static constexpr const char* about = "Transient sodium, soma and apical dendrite (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::na;
  enum { m, h, states };
  static constexpr const char* state_names[] = {"m", "h"};
  GALVANI_PARAMETERS(GALVANI_NaTa_t)

  static GALVANI_FN void rates(R v, Gate<R>* gate) { transient_sodium_rates(v, 38, gate[m], gate[h]); }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gNaTa_tbar * (y[m] * y[m]) * (y[m] * y[h]); }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ena; }
};

}  // namespace galvani
