// kernels/common/mma.h for g++, which does not know PTX.
#pragma once

#include "emulator/language.h"

namespace galvani {
namespace emulator {

// What a lane brings to a product.
struct Fragments {
  unsigned a[4], b[2];
};

inline float of_bf16(unsigned bits) { return __builtin_bit_cast(float, bits << 16); }

// sums += a · b: kPairs numbers lie in each word of a and b. Lanes put what they bring into an array on the stack of the first.
template <int kPairs>
__attribute__((no_sanitize("thread"), noinline)) void multiply_add(float (&sums)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                                                                   Place place) {
  Fragments room[32];
  Fragments* const all = shuffle(~0u, &room[0], 0, place);
  const int me = lane(), group = me / 4, column = me % 4 * 2;
  all[me] = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  galvani_warp(WarpOperation::sync, ~0u, 0, 0, place);
  for (int i = 0; i < 4; ++i) {  // sum i is of row group + 8·(i / 2) and column column + i % 2
    for (int word = 0; word < 8; ++word) {
      const unsigned x = all[group * 4 + word % 4].a[word / 4 * 2 + i / 2], y = all[(column + i % 2) * 4 + word % 4].b[word / 4];
      if constexpr (kPairs == 1) sums[i] += __builtin_bit_cast(float, x) * __builtin_bit_cast(float, y);
      else sums[i] += of_bf16(x & 0xffff) * of_bf16(y & 0xffff) + of_bf16(x >> 16) * of_bf16(y >> 16);
    }
  }
  galvani_warp(WarpOperation::sync, ~0u, 0, 0, place);
}

}  // namespace emulator

inline void multiply_add_bf16(float (&sums)[4], const unsigned (&a)[4], const unsigned (&b)[2], emulator::Here here = {}) {
  emulator::multiply_add<2>(sums, a, b, here);
}
inline void multiply_add_tf32(float (&sums)[4], const unsigned (&a)[4], const unsigned (&b)[2], emulator::Here here = {}) {
  emulator::multiply_add<1>(sums, a, b, here);
}
inline unsigned as_tf32(float x) { return (__builtin_bit_cast(unsigned, x) + 0x1000) & ~0x1fffu; }

}  // namespace galvani
