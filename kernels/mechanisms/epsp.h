// epsp: current with the shape of an excitatory postsynaptic current, a difference of exponentials with peak imax; the source
// that Hay et al. (2011) place on the apical dendrite.
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_epsp(P)                     \
  P(onset, "ms", 0, "onset")                \
  P(tau0, "ms", 0.2, "rise time constant")  \
  P(tau1, "ms", 3, "decay time constant")   \
  P(imax, "nA", 0, "peak current, positive depolarising")

#define GALVANI_epsp_DERIVED(D) D(peak) /* brings the peak to 1 */

template <class R>
struct epsp {
  static constexpr const char* name = "epsp";
  static constexpr const char* about = "Current shaped like an excitatory postsynaptic current (Hay et al. 2011)";
  static constexpr Kind kind = Kind::stimulus;
  static constexpr Ion ion = Ion::none;
  static constexpr int states = 0;
  static constexpr const char* state_names[] = {""};
  GALVANI_PARAMETERS_AND_DERIVED(GALVANI_epsp, GALVANI_epsp_DERIVED)

  static GALVANI_FN void derive(Parameters& p, const Env&) {
    const double t = p.tau0 * p.tau1 * log(p.tau0 / p.tau1) / (p.tau0 - p.tau1);
    p.peak = 1 / (exp(-t / p.tau1) - exp(-t / p.tau0));
  }

  static GALVANI_FN R current(const Parameters& p, R t) {
    const R s = t - p.onset;
    const auto term = [&](R tau) GALVANI_LAMBDA {
      const R x = s / tau;
      return select(x > R(100), R(0), exp(-x));
    };
    return select(s < R(0), R(0), -(p.imax * p.peak * (term(p.tau1) - term(p.tau0))));
  }
};

}  // namespace galvani
