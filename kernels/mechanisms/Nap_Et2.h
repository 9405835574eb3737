// Nap_Et2: persistent sodium current, Hay et al. (2011) after Magistretti & Alonso (1999). i = gbar m³h (v − ena).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_Nap_Et2(P)                                      \
  P(gNap_Et2bar, "S/cm2", 0.00001, "peak conductance density")  \
  P(ena, "mV", 50, "sodium reversal potential")

template <class R>
struct Nap_Et2 {
  static constexpr const char* name = "Nap_Et2";
  static constexpr const char* about = "Persistent sodium (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::na;
  enum { m, h, states };
  static constexpr bool slow = true;
  static constexpr const char* state_names[] = {"m", "h"};
  GALVANI_PARAMETERS(GALVANI_Nap_Et2)

  static GALVANI_FN void rates(R v, Gate<R>* gate) {
    const R q(constants::hay_q10);
    const R xm = ramp(v, 38, -6);
    const R em = exp(xm);
    const auto sum = (R(0.182 * 6) + R(0.124 * 6) * em) * quotient::linoid(xm, em);  // a + b of NaTa_t's m
    gate[m] = steady_rate(quotient::sigmoid(ramp(v, 52.6, 4.6)), R(constants::hay_q10 / 6) * sum);
    const auto a = R(2.88e-6 * 4.63) * quotient::linoid(ramp(v, 17, 4.63));
    const auto b = R(6.94e-6 * 2.63) * quotient::linoid(ramp(v, 64.4, -2.63));
    gate[h] = steady_rate(quotient::sigmoid(ramp(v, 48.8, -10)), q * (a + b));
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gNap_Et2bar * (y[m] * y[m]) * (y[m] * y[h]); }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ena; }
};

}  // namespace galvani
