// AlphaSynapse: g(t) = w x exp(1 − x), x = (t − onset)/tau, and nothing after x = 10, as NEURON has it. Its onset is exact, off
// the grid too. The sum over events obeys a linear recurrence: a = Σ w e exp(−x), b = Σ w e x exp(−x), g = b.
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_AlphaSynapse(P)                \
  P(tau, "ms", 0.1, "time from onset to peak") \
  P(e, "mV", 0, "reversal potential")

#define GALVANI_AlphaSynapse_DERIVED(D) \
  D(loss)    /* 1 − exp(−dt/tau) */     \
  D(advance) /* dt/tau */

template <class R>
struct AlphaSynapse {
  static constexpr const char* name = "AlphaSynapse";
  static constexpr const char* about = "Synapse with an alpha-function conductance, cut off after 10 tau";
  static constexpr Kind kind = Kind::synapse;
  static constexpr Ion ion = Ion::none;
  enum { a, b, states };
  static constexpr const char* state_names[] = {"a", "b"};
  GALVANI_PARAMETERS_AND_DERIVED(GALVANI_AlphaSynapse, GALVANI_AlphaSynapse_DERIVED)

  static GALVANI_FN void derive(Parameters& p, const Env& env) {
    p.loss = decayed(-env.dt / p.tau);
    p.advance = env.dt / p.tau;
  }

  // After this many ms an event is received once more with the opposite weight: the cut-off.
  static GALVANI_FN R lifetime(const Parameters& p) { return R(10) * p.tau; }

  static GALVANI_FN void receive(const Parameters& p, R* y, R weight, R age) {
    const R x = age / p.tau;
    const R w = weight * exp(R(1) - x);
    y[a] = y[a] + w;
    y[b] = y[b] + w * x;
  }
  static GALVANI_FN void decay(const Parameters& p, R* y) {
    const R shifted = y[b] + y[a] * p.advance;
    y[b] = shifted - shifted * p.loss;
    y[a] = y[a] - y[a] * p.loss;
  }
  static GALVANI_FN R conductance(const Parameters&, const R* y) { return y[b]; }
  static GALVANI_FN R reversal(const Parameters& p) { return p.e; }
};

}  // namespace galvani
