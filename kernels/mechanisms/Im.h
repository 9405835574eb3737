// Im: muscarinic potassium current (KCNQ), Hay et al. (2011) after Adams et al. (1982). i = gbar m (v − ek).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_Im(P)                                      \
  P(gImbar, "S/cm2", 0.00001, "peak conductance density")  \
  P(ek, "mV", -85, "potassium reversal potential")

template <class R>
struct Im {
  static constexpr const char* name = "Im";
  static constexpr const char* about = "Muscarinic potassium (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::k;
  enum { m, states };
  static constexpr bool slow = true;
  static constexpr const char* state_names[] = {"m"};
  GALVANI_PARAMETERS(GALVANI_Im)

  static GALVANI_FN void rates(R v, Gate<R>* gate) {
    const R e = exp((v + R(35)) * R(0.1));
    gate[m] = alpha_beta(R(0.0033) * e, Quotient<R>{R(0.0033), e}, R(constants::hay_q10));
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gImbar * y[m]; }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ek; }
};

}  // namespace galvani
