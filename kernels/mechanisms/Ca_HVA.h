// Ca_HVA: high-voltage-activated calcium current, Hay et al. (2011) after Reuveni et al. (1993). i = gbar m²h (v − eca).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_Ca_HVA(P)                                      \
  P(gCa_HVAbar, "S/cm2", 0.00001, "peak conductance density")

template <class R>
struct Ca_HVA {
  static constexpr const char* name = "Ca_HVA";
  static constexpr const char* about = "High-voltage-activated calcium (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::ca;
  enum { m, h, states };
  static constexpr bool slow = true;
  static constexpr const char* state_names[] = {"m", "h"};
  GALVANI_PARAMETERS(GALVANI_Ca_HVA)

  static GALVANI_FN void rates(R v, Gate<R>* gate) {
    gate[m] = alpha_beta(R(0.055 * 3.8) * quotient::linoid(ramp(v, 27, -3.8)), R(0.94) * exp(ramp(v, 75, -17)));
    gate[h] = alpha_beta(R(0.000457) * exp(ramp(v, 13, -50)), R(0.0065) * quotient::sigmoid(ramp(v, 15, 28)));
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gCa_HVAbar * (y[m] * y[m]) * y[h]; }
  // The reversal potential is that of the calcium pool: eca.
};

}  // namespace galvani
