// Elementary functions, once for float and double, scalar and SIMD pack. R is the value type, Lane<R> its scalar.
//
// Largest relative error against correctly rounded results (native/test/math_test.cpp reads this table and measures):
//
//   function            double      float       arguments
//   exp                 7e-16       1e-7        −708…709 (float −87…88); beyond, the value at the end of that range
//   expm1               1e-15       2e-7        the same
//   decayed 1−exp(x)    1e-15       2e-7        the same, not above 0
//   log                 2e-16       2e-7        positive normal numbers
//   linoid x/(exp(x)−1) 6e-13       3e-7        the range of exp
//   sigmoid             8e-16       2e-7        the range of exp, mirrored
//   pow                 3e-15       2e-6        0.1 ≤ x ≤ 10, |y| ≤ 5 (the error grows with |y log x|)
//
// NaN gives NaN. What a pack must bring (native/cpu/simd.h): arithmetic, comparisons, select, and the primitives of
// the scalars below.
#pragma once

#include <cstdint>
#include <cstring>

#include "common/port.h"

namespace galvani {

// ---- primitives of the scalars -------------------------------------------------------------------------------------

GALVANI_FN float select(bool c, float a, float b) { return c ? a : b; }
GALVANI_FN double select(bool c, double a, double b) { return c ? a : b; }
GALVANI_FN bool any(bool c) { return c; }
// NaN stays NaN.
GALVANI_FN float clamp(float x, float low, float high) { return x < low ? low : x > high ? high : x; }
GALVANI_FN double clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
// Whether a table of 16 doubles costs no more than half a polynomial: only where it fits registers.
template <class R>
inline constexpr bool has_register_table = false;
GALVANI_FN float abs(float x) { return x < 0 ? -x : x; }
GALVANI_FN double abs(double x) { return x < 0 ? -x : x; }

template <class To, class From>
GALVANI_FN To bits_as(From x) {
  static_assert(sizeof(To) == sizeof(From));
  To y;
  std::memcpy(&y, &x, sizeof y);
  return y;
}

// 2^k for the integer k that `shifted` = k + 1.5·2^52 holds in its low bits.
GALVANI_FN double scale1(double shifted) {
  const auto k = bits_as<std::int64_t>(shifted);
  return bits_as<double>(static_cast<std::int64_t>((static_cast<std::uint64_t>(k) << 52) + 0x3ff0000000000000ULL));
}
// 2^k for the integer k that `shifted` = k + 1.5·2^23 holds in its low bits.
GALVANI_FN float scale1(float shifted) {
  const auto k = bits_as<std::int32_t>(shifted);
  return bits_as<float>(static_cast<std::int32_t>((static_cast<std::uint32_t>(k) << 23) + 0x3f800000u));
}
// x = m·2^e with m in [√½, √2).
GALVANI_FN void split(double x, double& m, double& e) {
  const auto bits = bits_as<std::int64_t>(x) - 0x3fe6a09e667f3bcdLL;
  const std::int64_t k = bits >> 52;
  m = bits_as<double>((bits & 0x000fffffffffffffLL) + 0x3fe6a09e667f3bcdLL);
  e = static_cast<double>(k);
}
GALVANI_FN void split(float x, float& m, float& e) {
  const auto bits = bits_as<std::int32_t>(x) - 0x3f3504f3;
  const std::int32_t k = bits >> 23;
  m = bits_as<float>((bits & 0x007fffff) + 0x3f3504f3);
  e = static_cast<float>(k);
}

// The bits of 2^(j/16) less j·2^48, for packs that hold them in registers: k·2^48 more is 2^(k/16) for every k with k mod 16 = j.
alignas(64) inline constexpr std::int64_t exp2_16[16] = {
    0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
    0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429,
    0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
    0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da};

// ---- exp and what is made of it ------------------------------------------------------------------------------------

namespace detail {

// exp(r) − 1 for |r| ≤ ln2/2.
template <class R>
GALVANI_FN R expm1_near(R r, double) {  // Taylor to degree 12, in two interleaved halves
  const R r2 = r * r;
  R even = r2 * R(1.0 / 479001600) + R(1.0 / 3628800);
  R odd = r2 * R(1.0 / 39916800) + R(1.0 / 362880);
  even = even * r2 + R(1.0 / 40320);
  odd = odd * r2 + R(1.0 / 5040);
  even = even * r2 + R(1.0 / 720);
  odd = odd * r2 + R(1.0 / 120);
  even = even * r2 + R(1.0 / 24);
  odd = odd * r2 + R(1.0 / 6);
  even = even * r2 + R(0.5);
  return (odd * r + even) * r2 + r;
}

template <class R>
GALVANI_FN R expm1_near(R r, float) {  // minimax of Cephes' expf
  R q = r * R(1.9875691500e-4f) + R(1.3981999507e-3f);
  q = q * r + R(8.3334519073e-3f);
  q = q * r + R(4.1665795894e-2f);
  q = q * r + R(1.6666665459e-1f);
  q = q * r + R(5.0000001201e-1f);
  return q * r * r + r;
}

// exp(x) − 1 for −0.35 ≤ x ≤ 0; minimax, relative error 2e-16.
template <class R>
GALVANI_FN R expm1_decay(R x, double) {
  R q = x * R(0x1.3c042faa3b817p-19) + R(0x1.9bc965ba9bee1p-16);
  q = q * x + R(0x1.9fe990bbb0d3dp-13);
  q = q * x + R(0x1.6c1582647a0a9p-10);
  q = q * x + R(0x1.11110c39fc4d7p-7);
  q = q * x + R(0x1.5555554026702p-5);
  q = q * x + R(0x1.5555555526c2fp-3);
  q = q * x + R(0x1.ffffffffffb0fp-2);
  return (q * x) * x + x;
}

// The same; 2e-8.
template <class R>
GALVANI_FN R expm1_decay(R x, float) {
  R q = x * R(0.00720496155f) + R(0.0413274458f);
  q = q * x + R(0.166624329f);
  q = q * x + R(0.499998131f);
  return (q * x) * x + x;
}

// exp(x) = s + s·q with q = exp(r) − 1 for the small remainder r.
template <class R>
struct ExpParts { R s, q; };

// s = 2^k, |r| ≤ ln2/2
template <class R>
GALVANI_FN ExpParts<R> exp_parts_by_octave(R x, double) {
  x = clamp(x, R(-708.0), R(709.0));
  const R shift(0x1.8p52);
  const R shifted = x * R(0x1.71547652b82fep+0) + shift;
  const R k = shifted - shift;
  R r = x - k * R(0x1.62e42fefa0000p-1);
  r = r - k * R(0x1.cf79abc9e3b3ap-40);
  return {scale1(shifted), expm1_near(r, 0.0)};
}

template <class R>
GALVANI_FN ExpParts<R> exp_parts(R x, double) {
  if constexpr (has_register_table<R>) {  // s = 2^(k/16), |r| ≤ ln2/32
    x = clamp(x, R(-708.0), R(709.0));
    const R shift(0x1.8p52);
    const R shifted = x * R(0x1.71547652b82fep+4) + shift;
    const R k = shifted - shift;
    R r = x - k * R(0x1.62e42fefa0000p-5);  // ln2/16 in two parts, the first exact in the product
    r = r - k * R(0x1.cf79abc9e3b3ap-44);
    R q = r * R(1.0 / 720) + R(1.0 / 120);
    q = q * r + R(1.0 / 24);
    q = q * r + R(1.0 / 6);
    q = q * r + R(0.5);
    q = q * r * r + r;
    return {scale16(shifted, exp2_16), q};
  } else {
    return exp_parts_by_octave(x, 0.0);
  }
}

template <class R>
GALVANI_FN ExpParts<R> exp_parts_by_octave(R x, float) {
  x = clamp(x, R(-87.0f), R(88.0f));
  const R shift(0x1.8p23f);
  const R shifted = x * R(1.44269504088896341f) + shift;
  const R k = shifted - shift;
  R r = x - k * R(0.693359375f);
  r = r - k * R(-2.12194440e-4f);
  return {scale1(shifted), expm1_near(r, 0.0f)};
}
template <class R>
GALVANI_FN ExpParts<R> exp_parts(R x, float) {
  return exp_parts_by_octave(x, 0.0f);
}

}  // namespace detail

template <class R>
GALVANI_FN R exp(R x) {
  const auto [s, q] = detail::exp_parts(x, Lane<R>());
  return s * q + s;
}

template <class R>
GALVANI_FN R expm1(R x) {
  const auto [s, q] = detail::exp_parts_by_octave(x, Lane<R>());
  return s * q + (s - R(1));
}

// 1 − exp(x) for x ≤ 0: what of a decay is over. Arguments are small as a rule, and need no reduction then. What a lane gets does not
// depend on its neighbours.
template <class R>
GALVANI_FN R decayed(R x) {
  const R near = -detail::expm1_decay(x, Lane<R>());
  const auto far = x < R(-0.35);
  if (GALVANI_LIKELY(!any(far))) return near;
  return select(far, -expm1(x), near);
}

// (v + shift)/scale, the argument of most rates. In double one multiply-add; in float that would cost a small v + shift its digits.
template <class R>
GALVANI_FN R ramp(R v, double shift, double scale) {
  if constexpr (sizeof(Lane<R>) == 8) return v * R(1 / scale) + R(shift / scale);
  else return (v + R(shift)) * R(1 / scale);
}

// ---- functions that end in a division, left undivided: several may share one --------------------------------------------

template <class R>
struct Quotient {
  R over, under;
  GALVANI_FN R value() const { return over / under; }
};

template <class R>
GALVANI_FN Quotient<R> operator*(R factor, Quotient<R> q) {
  return {factor * q.over, q.under};
}

template <class R>
GALVANI_FN Quotient<R> operator+(Quotient<R> a, Quotient<R> b) {
  return {a.over * b.under + b.over * a.under, a.under * b.under};
}

namespace quotient {

// 1/(1 + exp(−x))
template <class R>
GALVANI_FN Quotient<R> sigmoid(R x) {
  return {R(1), R(1) + exp(-x)};
}

// x/(e − 1) where e = exp(x) is known: the rate of a linear-exponential gate. Its series near 0, where e − 1 cancels.
template <class R>
GALVANI_FN Quotient<R> linoid(R x, R e) {
  constexpr bool wide = sizeof(Lane<R>) == 4;  // where rounding is coarse, so is the neighbourhood
  const auto close = abs(x) < R(wide ? 0.3 : 0.004);
  if (GALVANI_LIKELY(!any(close))) return {x, e - R(1)};
  R q = R(1.0 / 12);
  if constexpr (wide) q = q - x * x * R(1.0 / 720);
  const R series = (q * x - R(0.5)) * x + R(1);
  return {select(close, series, x), select(close, R(1), e - R(1))};
}

template <class R>
GALVANI_FN Quotient<R> linoid(R x) {
  return linoid(x, exp(x));
}

}  // namespace quotient

template <class R>
GALVANI_FN R sigmoid(R x) {
  return quotient::sigmoid(x).value();
}

template <class R>
GALVANI_FN R linoid(R x) {
  return quotient::linoid(x).value();
}

// ---- log ----------------------------------------------------------------------------------------------------------

// log(1+f) = 2 atanh(s), s = f/(2+f), by its odd series.
template <class R>
GALVANI_FN R log(R x) {
  R m, e;
  split(x, m, e);
  const R f = (m - R(1)) + (x - x);  // a NaN does not show in m and e
  const R s = f / (R(2) + f);
  const R s2 = s * s;
  R p;
  if constexpr (sizeof(Lane<R>) == 8) {
    p = s2 * R(2.0 / 21) + R(2.0 / 19);
    p = p * s2 + R(2.0 / 17);
    p = p * s2 + R(2.0 / 15);
    p = p * s2 + R(2.0 / 13);
    p = p * s2 + R(2.0 / 11);
    p = p * s2 + R(2.0 / 9);
  } else {
    p = R(2.0f / 9);
  }
  p = p * s2 + R(2.0 / 7);
  p = p * s2 + R(2.0 / 5);
  p = p * s2 + R(2.0 / 3);
  // f − s·f + s·s²·p is log(m) without the cancellation of 2s.
  const R low = e * R(1.90821492927058770002e-10) + s * (s2 * p - f);
  return e * R(6.93147180369123816490e-01) + (f + low);
}

template <class R>
GALVANI_FN R pow(R x, R y) {
  return exp(y * log(x));
}

}  // namespace galvani
