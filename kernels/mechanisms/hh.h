// hh: the squid axon of Hodgkin & Huxley (1952), as NEURON has it: sodium m³h, potassium n⁴, leak.
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_hh(P)                                             \
  P(gnabar, "S/cm2", 0.12, "peak sodium conductance density")     \
  P(gkbar, "S/cm2", 0.036, "peak potassium conductance density")  \
  P(gl, "S/cm2", 0.0003, "leak conductance density")              \
  P(el, "mV", -54.3, "leak reversal potential")                   \
  P(ena, "mV", 50, "sodium reversal potential")                   \
  P(ek, "mV", -77, "potassium reversal potential")                \
  P(usetable, "", 0, "1: NEURON's own 1-mV tables of rates, interpolated linearly, instead of the rates")

template <class R>
struct hh {
  static constexpr const char* name = "hh";
  static constexpr const char* about = "Squid axon: sodium, potassium and leak (Hodgkin and Huxley 1952)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::none;  // carries several: see conductances()
  enum { m, h, n, states };
  static constexpr const char* state_names[] = {"m", "h", "n"};
  GALVANI_PARAMETERS(GALVANI_hh)

  struct Globals {
    double q10;
    GALVANI_FN explicit Globals(const Env& env) : q10(env.q10(3, 6.3)) {}
  };

  // All but one of the exponentials are powers of exp(−(v+65)/80).
  static GALVANI_FN void rates(R v, const Globals& global, Gate<R>* gate) {
    const R q(global.q10);
    const R w = v + R(65);
    const R e80 = exp(w * R(-1.0 / 80));
    const R e40 = e80 * e80, e20 = e40 * e40, e10 = e20 * e20;
    const auto am = quotient::linoid(R(2.5) - w * R(0.1), e10 * R(12.182493960703473));  // 0.1·E(−(v+40), 10)
    const R bm = R(4) * exp(w * R(-1.0 / 18));
    const R ah = R(0.07) * e20;
    const Quotient<R> bh{R(1), R(1) + e10 * R(20.085536923187668)};
    const auto an = R(0.1) * quotient::linoid(R(1) - w * R(0.1), e10 * R(2.718281828459045));  // 0.01·E(−(v+55), 10)
    const R bn = R(0.125) * e80;
    gate[m] = alpha_beta(am, bm, q);
    gate[h] = alpha_beta(ah, bh, q);
    gate[n] = alpha_beta(an, bn, q);
  }

  // The three currents: add(ion, conductance, reversal) for each.
  template <class Add>
  static GALVANI_FN void conductances(const Parameters& p, const R* y, Add add) {
    const R n2 = y[n] * y[n];
    add(Ion::na, p.gnabar * (y[m] * y[m]) * (y[m] * y[h]), p.ena);
    add(Ion::k, p.gkbar * (n2 * n2), p.ek);
    add(Ion::none, p.gl, p.el);
  }
};

}  // namespace galvani
