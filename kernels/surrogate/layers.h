// What layers do to single numbers, for all engines, as Keras defines it. R is a scalar or a SIMD pack.
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/math.h"

namespace galvani {

// A float32 without the last 16 bits of its fraction.
struct BFloat16 { std::uint16_t bits; };

// E: numbers as they are stored and multiplied. They are summed as:
template <class E>
using Sum = std::conditional_t<sizeof(E) == 8, double, float>;

// A number as it is stored; to the nearest, of two to the even one. NaN stays NaN: that of a GPU would round to −0.
template <class E, class R>
GALVANI_FN E stored(R x) {
  if constexpr (std::is_same_v<E, BFloat16>) {
    const auto bits = bits_as<std::uint32_t>(static_cast<float>(x));
    if (x != x) return {0x7fc0};
    return {static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
  } else {
    return static_cast<E>(x);
  }
}

// A stored number as it is summed.
template <class E>
GALVANI_FN Sum<E> summed(E x) {
  if constexpr (std::is_same_v<E, BFloat16>) return bits_as<float>(static_cast<std::uint32_t>(x.bits) << 16);
  else return x;
}

// In the order of io.galvani.surrogate.Activation.
enum class Activation : int { linear, relu, tanh, sigmoid, selu };

template <class R>
GALVANI_FN R relu(R x) {
  return select(x < R(0), R(0), x);
}

// By expm1, so that small numbers keep their digits.
template <class R>
GALVANI_FN R tanh(R x) {
  const R e = expm1(x + x);
  return e / (e + R(2));
}

// Klambauer et al. 2017
template <class R>
GALVANI_FN R selu(R x) {
  constexpr double lambda = 1.0507009873554805, alpha = 1.6732632423543772;
  return select(x < R(0), R(lambda * alpha) * expm1(x), R(lambda) * x);
}

template <Activation kActivation, class R>
GALVANI_FN R activated(R x) {
  if constexpr (kActivation == Activation::relu) return relu(x);
  else if constexpr (kActivation == Activation::tanh) return tanh(x);
  else if constexpr (kActivation == Activation::sigmoid) return sigmoid(x);
  else if constexpr (kActivation == Activation::selu) return selu(x);
  else return x;
}

// One step of a unit of an LSTM from its gates' sums: c becomes the new c, the new h is returned. (Hochreiter & Schmidhuber 1997, with
// the forget gate of Gers et al. 2000.)
template <class R>
GALVANI_FN R lstm(R i, R f, R g, R o, R& c) {
  c = sigmoid(f) * c + sigmoid(i) * tanh(g);
  return sigmoid(o) * tanh(c);
}

}  // namespace galvani
