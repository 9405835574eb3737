// IClamp: a constant current of amp nA into the cell while del ≤ t < del + dur; t is the middle of the step.
#pragma once
#include "mechanisms/mechanism.h"

namespace galvani {

#define GALVANI_IClamp(P)              \
  P(del, "ms", 0, "onset")             \
  P(dur, "ms", 0, "duration")          \
  P(amp, "nA", 0, "current, positive depolarising")

template <class R>
struct IClamp {
  static constexpr const char* name = "IClamp";
  static constexpr const char* about = "Square current pulse";
  static constexpr Kind kind = Kind::stimulus;
  static constexpr Ion ion = Ion::none;
  static constexpr int states = 0;
  static constexpr const char* state_names[] = {""};
  GALVANI_PARAMETERS(GALVANI_IClamp)

  static GALVANI_FN R current(const Parameters& p, R t) {
    return select(t < p.del, R(0), select(t < p.del + p.dur, -p.amp, R(0)));
  }
};

}  // namespace galvani
