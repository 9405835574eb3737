// Exp2Syn: difference of two exponentials with the weight as its peak, i = (B − A)(v − e).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_Exp2Syn(P)                 \
  P(tau1, "ms", 0.1, "rise time constant") \
  P(tau2, "ms", 10, "decay time constant") \
  P(e, "mV", 0, "reversal potential")

#define GALVANI_Exp2Syn_DERIVED(D) \
  D(loss1) D(loss2) /* 1 − exp(−dt/tau) */ \
  D(peak) /* both states jump by peak·weight, so that B − A reaches the weight */

// 1 / max of exp(−t/tau2) − exp(−t/tau1).
GALVANI_FN double two_exponential_peak(double tau1, double tau2) {
  const double t = tau1 * tau2 / (tau2 - tau1) * log(tau2 / tau1);
  return 1 / (exp(-t / tau2) - exp(-t / tau1));
}

// NEURON's rule where the two time constants nearly coincide.
GALVANI_FN double rise_below(double tau1, double tau2) { return tau1 / tau2 > 0.9999 ? 0.9999 * tau2 : tau1; }

// What synapses with states A, B and parameters tau1, tau2, e share.
template <class R>
struct TwoExponential {
  static constexpr Kind kind = Kind::synapse;
  static constexpr Ion ion = Ion::none;
  enum { A, B, states };
  static constexpr const char* state_names[] = {"A", "B"};

  template <class P>
  static GALVANI_FN void derive(P& p, const Env& env) {
    p.tau1 = rise_below(p.tau1, p.tau2);
    p.loss1 = decayed(-env.dt / p.tau1);
    p.loss2 = decayed(-env.dt / p.tau2);
    p.peak = two_exponential_peak(p.tau1, p.tau2);
  }

  // An event of `weight` µS; its age within the step does not matter.
  template <class P>
  static GALVANI_FN void receive(const P& p, R* y, R weight, R) {
    y[A] = y[A] + weight * p.peak;
    y[B] = y[B] + weight * p.peak;
  }
  template <class P>
  static GALVANI_FN void decay(const P& p, R* y) {
    y[A] = y[A] - y[A] * p.loss1;
    y[B] = y[B] - y[B] * p.loss2;
  }
  template <class P>
  static GALVANI_FN R conductance(const P&, const R* y) { return y[B] - y[A]; }
  template <class P>
  static GALVANI_FN R reversal(const P& p) { return p.e; }
};

template <class R>
struct Exp2Syn : TwoExponential<R> {
  static constexpr const char* name = "Exp2Syn";
  static constexpr const char* about = "Synapse with a two-exponential conductance";
  GALVANI_PARAMETERS_AND_DERIVED(GALVANI_Exp2Syn, GALVANI_Exp2Syn_DERIVED)
};

}  // namespace galvani
