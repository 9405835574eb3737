// K_Tst: transient potassium current, Hay et al. (2011) after Korngreen & Sakmann (2000). i = gbar m⁴h (v − ek).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_K_Tst(P)                                      \
  P(gK_Tstbar, "S/cm2", 0.00001, "peak conductance density")  \
  P(ek, "mV", -85, "potassium reversal potential")

template <class R>
struct K_Tst {
  static constexpr const char* name = "K_Tst";
  static constexpr const char* about = "Transient potassium (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::k;
  enum { m, h, states };
  static constexpr bool slow = true;
  static constexpr const char* state_names[] = {"m", "h"};
  GALVANI_PARAMETERS(GALVANI_K_Tst)

  static GALVANI_FN void rates(R v, Gate<R>* gate) {
    const R q(constants::hay_q10);
    const R u = v + R(10);  // junction potential
    const R xm = ramp(u, 71, 59), xh = ramp(u, 73, 23);
    gate[m] = steady_rate(quotient::sigmoid(u * R(1.0 / 19)), {q, R(0.34) + R(0.92) * exp(-(xm * xm))});
    gate[h] = steady_rate(quotient::sigmoid(ramp(u, 66, -10)), {q, R(8) + R(49) * exp(-(xh * xh))});
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gK_Tstbar * ((y[m] * y[m]) * (y[m] * y[m])) * y[h]; }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ek; }
};

}  // namespace galvani
