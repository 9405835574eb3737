// hh_k: the potassium of hh alone, whose activation may be shifted along the voltage. i = gbar n⁴ (v − ek), n as in hh at v − vshift.
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_hh_k(P)                                          \
  P(gkbar, "S/cm2", 0.036, "peak conductance density")           \
  P(ek, "mV", -77, "potassium reversal potential")               \
  P(vshift, "mV", 0, "shift of the activation to the right")

template <class R>
struct hh_k {
  static constexpr const char* name = "hh_k";
  static constexpr const char* about = "Potassium of the squid axon alone, to be shifted (Hodgkin and Huxley 1952)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::k;
  enum { n, states };
  static constexpr const char* state_names[] = {"n"};
  GALVANI_PARAMETERS(GALVANI_hh_k)

  struct Globals {
    double q10;
    GALVANI_FN explicit Globals(const Env& env) : q10(env.q10(3, 6.3)) {}
  };

  static GALVANI_FN void rates(R v, const Globals& global, Gate<R>* gate) {
    const R w = v + R(65);
    const auto an = R(0.1) * quotient::linoid(R(1) - w * R(0.1));  // 0.01·E(−(v+55), 10)
    gate[n] = alpha_beta(an, R(0.125) * exp(w * R(-1.0 / 80)), R(global.q10));
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) {
    const R n2 = y[n] * y[n];
    return p.gkbar * (n2 * n2);
  }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ek; }
};

}  // namespace galvani
