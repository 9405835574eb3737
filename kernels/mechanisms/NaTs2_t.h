// NaTs2_t: fast inactivating sodium current of the dendrite, Hay et al. (2011): NaTa_t shifted by 6 mV. i = gbar m³h (v − ena).
#pragma once
#include "mechanisms/NaTa_t.h"

namespace galvani {

#define GALVANI_NaTs2_t(P)                                      \
  P(gNaTs2_tbar, "S/cm2", 0.00001, "peak conductance density")  \
  P(ena, "mV", 50, "sodium reversal potential")

template <class R>
struct NaTs2_t {
  static constexpr const char* name = "NaTs2_t";
  static constexpr const char* about = "Transient sodium, dendritic variant (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::na;
  enum { m, h, states };
  static constexpr const char* state_names[] = {"m", "h"};
  GALVANI_PARAMETERS(GALVANI_NaTs2_t)

  static GALVANI_FN void rates(R v, Gate<R>* gate) { transient_sodium_rates(v, 32, gate[m], gate[h]); }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gNaTs2_tbar * (y[m] * y[m]) * (y[m] * y[h]); }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ena; }
};

}  // namespace galvani
