// ExpSyn: conductance that jumps by the weight at an event and decays, i = g (v − e).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_ExpSyn(P)                \
  P(tau, "ms", 0.1, "decay time constant") \
  P(e, "mV", 0, "reversal potential")

#define GALVANI_ExpSyn_DERIVED(D) D(loss) /* 1 − exp(−dt/tau) */

template <class R>
struct ExpSyn {
  static constexpr const char* name = "ExpSyn";
  static constexpr const char* about = "Synapse with an exponentially decaying conductance";
  static constexpr Kind kind = Kind::synapse;
  static constexpr Ion ion = Ion::none;
  enum { g, states };
  static constexpr const char* state_names[] = {"g"};
  GALVANI_PARAMETERS_AND_DERIVED(GALVANI_ExpSyn, GALVANI_ExpSyn_DERIVED)

  static GALVANI_FN void derive(Parameters& p, const Env& env) { p.loss = decayed(-env.dt / p.tau); }

  // An event of `weight` µS that arrived `age` ms before the middle of the step.
  static GALVANI_FN void receive(const Parameters&, R* y, R weight, R) { y[g] = y[g] + weight; }
  static GALVANI_FN void decay(const Parameters& p, R* y) { y[g] = y[g] - y[g] * p.loss; }
  static GALVANI_FN R conductance(const Parameters&, const R* y) { return y[g]; }
  static GALVANI_FN R reversal(const Parameters& p) { return p.e; }
};

}  // namespace galvani
