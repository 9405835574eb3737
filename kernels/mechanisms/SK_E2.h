// SK_E2: calcium-activated potassium current, Hay et al. (2011) after Köhler et al. (1996). i = gbar z (v − ek).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_SK_E2(P)                                      \
  P(gSK_E2bar, "S/cm2", 0.00001, "peak conductance density")  \
  P(ek, "mV", -85, "potassium reversal potential")

template <class R>
struct SK_E2 {
  static constexpr const char* name = "SK_E2";
  static constexpr const char* about = "Calcium-activated potassium (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::k;
  enum { z, states };
  static constexpr double tau = 1;
  static constexpr const char* state_names[] = {"z"};
  GALVANI_PARAMETERS(GALVANI_SK_E2)

  // Gated by cai (mM), not by voltage.
  static GALVANI_FN void calcium_rates(R cai, Gate<R>* gate) {
    const R c = select(cai < R(1e-7), cai + R(1e-7), cai);
    gate[z] = {R(1) / (R(1) + exp(R(4.8) * (R(-7.751725349276666) - log(c)))), R(1 / tau)};  // log(0.00043)
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gSK_E2bar * y[z]; }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ek; }
};

}  // namespace galvani
