// SKv3_1: fast non-inactivating potassium current (Kv3.1), Hay et al. (2011) after Rettig et al. (1992). i = gbar m (v − ek).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_SKv3_1(P)                                      \
  P(gSKv3_1bar, "S/cm2", 0.00001, "peak conductance density")  \
  P(ek, "mV", -85, "potassium reversal potential")

template <class R>
struct SKv3_1 {
  static constexpr const char* name = "SKv3_1";
  static constexpr const char* about = "Kv3.1 potassium (Hay et al. 2011)";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::k;
  enum { m, states };
  static constexpr const char* state_names[] = {"m"};
  GALVANI_PARAMETERS(GALVANI_SKv3_1)

  static GALVANI_FN void rates(R v, Gate<R>* gate) {
    gate[m] = {sigmoid(ramp(v, -18.7, 9.7)), R(0.25) * (R(1) + exp(ramp(v, 46.56, -44.14)))};
  }
  static GALVANI_FN R conductance(const Parameters& p, const R* y) { return p.gSKv3_1bar * y[m]; }
  static GALVANI_FN R reversal(const Parameters& p) { return p.ek; }
};

}  // namespace galvani
