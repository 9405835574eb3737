// pas: passive leak, i = g (v − e).
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_pas(P)                          \
  P(g, "S/cm2", 0.001, "leak conductance density") \
  P(e, "mV", -70, "reversal potential")

template <class R>
struct pas {
  static constexpr const char* name = "pas";
  static constexpr const char* about = "Passive leak";
  static constexpr Kind kind = Kind::channel;
  static constexpr Ion ion = Ion::none;
  static constexpr int states = 0;
  static constexpr const char* state_names[] = {""};
  GALVANI_PARAMETERS(GALVANI_pas)

  static GALVANI_FN R conductance(const Parameters& p, const R*) { return p.g; }
  static GALVANI_FN R reversal(const Parameters& p) { return p.e; }
};

}  // namespace galvani
