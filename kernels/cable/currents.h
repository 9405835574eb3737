// The current of one mechanism by ion, for recordings: what a node or a point process carries at a moment.
#pragma once

#include "mechanisms/mechanism.h"

namespace galvani {

// Current densities (mA/cm²) by ion; a point process has its current (nA) in `other`.
template <class R>
struct IonCurrents {
  R na, k, ca, other;
  GALVANI_FN R total() const { return na + k + ca + other; }
  GALVANI_FN void add(Ion ion, R i) {
    if (ion == Ion::na) na = na + i;
    else if (ion == Ion::k) k = k + i;
    else if (ion == Ion::ca) ca = ca + i;
    else other = other + i;
  }
};

// With parameters p and states y, at v and eca (mV) and, for a stimulus, t (ms).
template <class M, class R>
GALVANI_FN IonCurrents<R> currents(const typename M::Parameters& p, [[maybe_unused]] const R* y, [[maybe_unused]] R v,
                                   [[maybe_unused]] R eca, [[maybe_unused]] R t) {
  IonCurrents<R> c{};
  if constexpr (carries_several<M, R>) {
    M::conductances(p, y, [&](Ion ion, R g, R e) GALVANI_LAMBDA { c.add(ion, g * (v - e)); });
  } else if constexpr (M::kind == Kind::stimulus) {
    c.other = M::current(p, t);
  } else if constexpr (has_current<M, R>) {
    R slope;
    M::current(p, y, v, c.other, slope);
  } else if constexpr (M::kind != Kind::pool) {
    if constexpr (M::ion == Ion::ca) c.ca = M::conductance(p, y) * (v - eca);
    else c.add(M::ion, M::conductance(p, y) * (v - M::reversal(p)));
  }
  return c;
}

}  // namespace galvani
