// CaDynamics_E2: calcium in a thin shell below the membrane, Hay et al. (2011) after Destexhe et al. (1994); the calcium
// reversal potential follows from it by Nernst's equation.
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_CaDynamics_E2(P)                                     \
  P(gamma, "", 0.05, "fraction of the calcium that is not buffered") \
  P(decay, "ms", 80, "time constant of removal")                     \
  P(depth, "um", 0.1, "depth of the shell")                          \
  P(minCai, "mM", 1e-4, "concentration it decays to")                \
  P(cai0, "mM", constants::resting_cai, "concentration at t = 0")    \
  P(cao, "mM", 2, "concentration outside")

#define GALVANI_CaDynamics_E2_DERIVED(D) \
  D(influx)   /* mM/ms per mA/cm2 */     \
  D(approach) /* 1 − exp(−dt/decay) */   \
  D(nernst)   /* RT/2F in mV */          \
  D(log_cao)  /* of cao in mM */

template <class R>
struct CaDynamics_E2 {
  static constexpr const char* name = "CaDynamics_E2";
  static constexpr const char* about = "Calcium shell with exponential removal (Hay et al. 2011)";
  static constexpr Kind kind = Kind::pool;
  static constexpr Ion ion = Ion::ca;
  static constexpr int states = 0;  // the concentration is the ion's
  static constexpr const char* state_names[] = {""};
  GALVANI_PARAMETERS_AND_DERIVED(GALVANI_CaDynamics_E2, GALVANI_CaDynamics_E2_DERIVED)

  static GALVANI_FN void derive(Parameters& p, const Env& env) {
    p.influx = -1e4 * p.gamma / (2 * constants::faraday * p.depth);
    p.approach = decayed(-env.dt / p.decay);
    p.log_cao = log(p.cao);
    p.nernst = 1000 * constants::gas * (constants::zero_celsius + env.celsius) / (2 * constants::faraday);
  }

  // cai after dt, with the current ica (mA/cm²) of the step's start.
  static GALVANI_FN R advance(const Parameters& p, R cai, R ica) {
    return cai + p.approach * (p.decay * (p.influx * ica) + p.minCai - cai);
  }
  static GALVANI_FN R reversal(const Parameters& p, R cai) { return p.nernst * (p.log_cao - log(cai)); }
};

}  // namespace galvani
