// The phases of a step, a kernel each, so that their instructions can be counted one by one. They are compiled, never run.
//
//   phase_<mechanism>   states of a mechanism to the time of v, and its currents; rates from the mechanism or polynomials, not from a table
//   phase_begin         diagonal and right-hand side as they are before the currents
//   phase_solve         elimination, of a node and its child, and substitution
//
// The strategy is `level`: what lies on the chip is in shared memory, and nothing is hidden behind a generic pointer.
#pragma once

#include "cable/step.h"

namespace galvani::cable {

template <class Pack, class Of>
__device__ void phase_of(Pack& pack, int group) {
  Group g = pack.m.group[group];
  g.table = -1;
  pack.template step_of<Of>(g, true, true, 0);
}

}  // namespace galvani::cable

#define GALVANI_PHASE(phase, call)                                                                                          \
  extern "C" __global__ void __launch_bounds__(256) phase_##phase(const galvani::cable::Model<Gates, Voltages> model,       \
      const galvani::cable::Interval<Voltages> interval, [[maybe_unused]] int group) {                                      \
    GALVANI_SHARED_DYNAMIC(unsigned char, shared);                                                                          \
    galvani::cable::Pack<galvani::cable::Strategy::level, kRates, 0, 0, Gates, Voltages> pack(model, interval, shared);     \
    call;                                                                                                                   \
  }
#define GALVANI_PHASE_OF_MECHANISM_(M) \
  GALVANI_PHASE(M, (galvani::cable::phase_of<decltype(pack), galvani::cable::Of<galvani::M>>(pack, group)))

// All of them, in a .cu that has said what Gates, Voltages and kRates are.
#define GALVANI_PHASES                                 \
  GALVANI_MECHANISMS(GALVANI_PHASE_OF_MECHANISM_)      \
  GALVANI_PHASE(begin, pack.begin_step())              \
  GALVANI_PHASE(solve, pack.solve())
