// K_Pst: persistent potassium current, Hay et al. (2011) after Korngreen & Sakmann (2000). i = gbar m²h (v − ek).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_K_Pst(P)                                      \
  P(gK_Pstbar, "S/cm2", 0.00001, "peak conductance density")  \
  P(ek, "mV", -85, "potassium reversal potential")

template <class R>
struct K_Pst {
  static constexpr const char* name = "K_Pst";
  static constexpr const char* about = "Persistent potassium (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::k;
  enum { m, h, states };
  static constexpr bool slow = true;
  static constexpr const char* state_names[] = {"m", "h"};
  GALVANI_PARAMETERS(GALVANI_K_Pst)

  static constexpr double kinks[] = {-60};  // the time constant of m changes branch, mV

  static GALVANI_FN void rates(R v, Gate<R>* gate) {
    const R q(constants::hay_q10);
    const R u = v + R(10);  // junction potential
    const auto below = u < R(-50);
    const R e = exp(select(below, R(0.026), R(-0.026)) * u);
    gate[m] = steady_rate(quotient::sigmoid(ramp(u, 1, 12)), {q, R(1.25) + select(below, R(175.03), R(13)) * e});
    const R xh = ramp(u, 75, 48);
    gate[h] = steady_rate(quotient::sigmoid(ramp(u, 54, -11)),
                          {q, R(360) + (R(1010) + R(24) * (u + R(55))) * exp(-(xh * xh))});
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gK_Pstbar * (y[m] * y[m]) * y[h]; }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ek; }
};

}  // namespace galvani
