// AmpaNmda: AMPA and NMDA conductances of one synapse, two exponentials each; NMDA with the magnesium block of Jahr & Stevens
// (1990). An event of weight w peaks at w µS of AMPA and nmda_ratio·w of unblocked NMDA.
#pragma once
#include "mechanisms/Exp2Syn.h"

namespace galvani {

#define GALVANI_AmpaNmda(P)                                               \
  P(tau1_ampa, "ms", 0.2, "AMPA rise time constant")                      \
  P(tau2_ampa, "ms", 1.7, "AMPA decay time constant")                     \
  P(tau1_nmda, "ms", 2, "NMDA rise time constant")                        \
  P(tau2_nmda, "ms", 65, "NMDA decay time constant")                      \
  P(nmda_ratio, "", 0.71, "peak of the NMDA over that of the AMPA conductance") \
  P(mg, "mM", 1, "magnesium outside")                                     \
  P(e, "mV", 0, "reversal potential")

#define GALVANI_AmpaNmda_DERIVED(D) \
  D(loss1_ampa) D(loss2_ampa) D(loss1_nmda) D(loss2_nmda) /* 1 − exp(−dt/tau) */ \
  D(peak_ampa) D(peak_nmda)

template <class R>
struct AmpaNmda {
  static constexpr const char* name = "AmpaNmda";
  static constexpr const char* about = "Excitatory synapse: AMPA and voltage-dependent NMDA conductance";
  static constexpr Kind kind = Kind::synapse;
  static constexpr Ion ion = Ion::none;
  enum { A_ampa, B_ampa, A_nmda, B_nmda, states };
  static constexpr const char* state_names[] = {"A_ampa", "B_ampa", "A_nmda", "B_nmda"};
  GALVANI_PARAMETERS_AND_DERIVED(GALVANI_AmpaNmda, GALVANI_AmpaNmda_DERIVED)

  static GALVANI_FN void derive(Parameters& p, const Env& env) {
    p.tau1_ampa = rise_below(p.tau1_ampa, p.tau2_ampa);
    p.tau1_nmda = rise_below(p.tau1_nmda, p.tau2_nmda);
    p.loss1_ampa = decayed(-env.dt / p.tau1_ampa);
    p.loss2_ampa = decayed(-env.dt / p.tau2_ampa);
    p.loss1_nmda = decayed(-env.dt / p.tau1_nmda);
    p.loss2_nmda = decayed(-env.dt / p.tau2_nmda);
    p.peak_ampa = two_exponential_peak(p.tau1_ampa, p.tau2_ampa);
    p.peak_nmda = p.nmda_ratio * two_exponential_peak(p.tau1_nmda, p.tau2_nmda);
  }

  static GALVANI_FN void receive(const Parameters& p, R* y, R weight, R) {
    y[A_ampa] = y[A_ampa] + weight * p.peak_ampa;
    y[B_ampa] = y[B_ampa] + weight * p.peak_ampa;
    y[A_nmda] = y[A_nmda] + weight * p.peak_nmda;
    y[B_nmda] = y[B_nmda] + weight * p.peak_nmda;
  }
  static GALVANI_FN void decay(const Parameters& p, R* y) {
    y[A_ampa] = y[A_ampa] - y[A_ampa] * p.loss1_ampa;
    y[B_ampa] = y[B_ampa] - y[B_ampa] * p.loss2_ampa;
    y[A_nmda] = y[A_nmda] - y[A_nmda] * p.loss1_nmda;
    y[B_nmda] = y[B_nmda] - y[B_nmda] * p.loss2_nmda;
  }

  // i and its slope at v. NEURON's slope is a difference over 0.001 mV, which float64 follows to the bit that matters; in float32 it
  // would cancel, so there the block 1/(1 + E) is differentiated: 0.062 E/(1 + E)².
  static GALVANI_FN void current(const Parameters& p, const R* y, R v, R& i, R& slope) {
    const R ampa = y[B_ampa] - y[A_ampa];
    const R nmda = y[B_nmda] - y[A_nmda];
    const R E = exp(v * R(-0.062)) * p.mg * R(1 / 3.57);
    const R drive = v - p.e;
    if constexpr (sizeof(Lane<R>) == 8) {
      const R step(0.001);
      const R here = R(1) + E, there = R(1) + E * R(0.99993800192196028);  // exp(−0.062·0.001)
      const R both = R(1) / (here * there);
      i = (ampa + nmda * (there * both)) * drive;
      slope = ((ampa + nmda * (here * both)) * (drive + step) - i) * R(1000);
    } else {
      const R block = R(1) / (R(1) + E);
      const R g = ampa + nmda * block;
      i = g * drive;
      slope = g + nmda * drive * (R(0.062) * E * block * block);
    }
  }
};

}  // namespace galvani
