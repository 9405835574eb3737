// Ih: hyperpolarisation-activated cation current, Hay et al. (2011) after Kole et al. (2006). i = gbar m (v − ehcn).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_Ih(P)                                      \
  P(gIhbar, "S/cm2", 0.00001, "peak conductance density")  \
  P(ehcn, "mV", -45, "reversal potential")

template <class R>
struct Ih {
  static constexpr const char* name = "Ih";
  static constexpr const char* about = "Hyperpolarisation-activated cation current (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::none;
  enum { m, states };
  static constexpr bool slow = true;
  static constexpr const char* state_names[] = {"m"};
  GALVANI_PARAMETERS(GALVANI_Ih)

  static GALVANI_FN void rates(R v, Gate<R>* gate) {
    gate[m] = alpha_beta(R(0.00643 * 11.9) * quotient::linoid(ramp(v, 154.9, 11.9)), R(0.193) * exp(v * R(1.0 / 33.1)));
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gIhbar * y[m]; }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ehcn; }
};

}  // namespace galvani
