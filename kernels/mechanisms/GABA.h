// GABA: Exp2Syn with the time course and reversal potential of a GABA-A synapse.
#pragma once
#include "mechanisms/Exp2Syn.h"

namespace galvani {

#define GALVANI_GABA(P)                   \
  P(tau1, "ms", 1, "rise time constant")  \
  P(tau2, "ms", 8, "decay time constant") \
  P(e, "mV", -80, "reversal potential")

template <class R>
struct GABA : TwoExponential<R> {
  static constexpr const char* name = "GABA";
  static constexpr const char* about = "Inhibitory synapse: two-exponential GABA-A conductance";
  GALVANI_PARAMETERS_AND_DERIVED(GALVANI_GABA, GALVANI_Exp2Syn_DERIVED)
};

}  // namespace galvani
