// Ca_LVAst: low-voltage-activated calcium current, Hay et al. (2011) after Avery & Johnston (1996). i = gbar m²h (v − eca).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_Ca_LVAst(P)                                      \
  P(gCa_LVAstbar, "S/cm2", 0.00001, "peak conductance density")

template <class R>
struct Ca_LVAst {
  static constexpr const char* name = "Ca_LVAst";
  static constexpr const char* about = "Low-voltage-activated calcium (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::ca;
  enum { m, h, states };
  static constexpr bool slow = true;
  static constexpr const char* state_names[] = {"m", "h"};
  GALVANI_PARAMETERS(GALVANI_Ca_LVAst)

  static GALVANI_FN void rates(R v, Gate<R>* gate) {
    const R q(constants::hay_q10);
    const R u = v + R(10);  // junction potential
    // tau = a + b/(1 + e): rate = (1 + e)/(a (1 + e) + b)
    const R em = R(1) + exp(ramp(u, 25, 5)), eh = R(1) + exp(ramp(u, 40, 7));
    gate[m] = steady_rate(quotient::sigmoid(ramp(u, 30, 6)), {q * em, R(5) * em + R(20)});
    gate[h] = steady_rate(quotient::sigmoid(ramp(u, 80, -6.4)), {q * eh, R(20) * eh + R(50)});
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gCa_LVAstbar * (y[m] * y[m]) * y[h]; }
  // The reversal potential is that of the calcium pool: eca.
};

}  // namespace galvani
