// Polynomial rates: for each gate of a mechanism inf and the part of the way to it that a step goes, as cubics in equal pieces of v. The
// host makes them from the mechanism's own rates and bounds their error (native/cpu/poly.h); this is the form in which a GPU reads them.
// A curve is a load of 16 bytes; curves of a piece lie together, and threads whose voltages are alike want the same ones.
#pragma once

#include "common/math.h"

namespace galvani {

// In float32 whatever the precision: so its error was measured, and float64 would have to be converted to.
struct alignas(16) Cubic {
  float coefficient[4];  // lowest power first

  GALVANI_FN float operator()(float u) const {
    return ((coefficient[3] * u + coefficient[2]) * u + coefficient[1]) * u + coefficient[0];
  }
};

// Those of a mechanism; no segments where its rates are exact.
struct Cubics {
  float per_mV, origin;    // v in pieces from the middle of the first: per_mV·v + origin
  std::uint32_t segments;
  std::int32_t first;      // element of Model::cubic: [segment][gate][inf, part]

  // A piece, and where in it, −½…½.
  struct Place { std::uint32_t segment; float u; };

  // Before the first piece, beyond the last and for NaN, a segment that is none.
  GALVANI_FN Place place(float v) const {
    const float t = per_mV * v + origin, shifted = t + 0x1.8p23f;
    return {bits_as<std::uint32_t>(shifted) - bits_as<std::uint32_t>(0x1.8p23f), t - (shifted - 0x1.8p23f)};
  }
};

}  // namespace galvani
