// SIMD packs over the compiler's vector extensions: Pack<T, N> is N lanes of float or double, one register of the ISA this
// translation unit is compiled for, or two packs of half the width. The only file that includes x86 headers.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#if defined(__AVX2__)
#pragma GCC diagnostic push  // gcc 12's own header leaves a dummy operand of min and max unset (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

#include "cpu/engine.h"

namespace galvani {
inline namespace GALVANI_ISA {  // one set of symbols per ISA

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

// Lanes of one register.
template <class T>
inline constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

// f(0), f(1) … with constants: arrays of packs then stay in registers.
template <int kCount, class F>
GALVANI_FN void unrolled(F&& f) {
  [&]<int... i>(std::integer_sequence<int, i...>) GALVANI_LAMBDA {
    (f(std::integral_constant<int, i>{}), ...);
  }(std::make_integer_sequence<int, kCount>{});
}

template <class T>
struct Vectors;
template <>
struct Vectors<float> {
  typedef float Value __attribute__((vector_size(kVectorBytes)));
  typedef std::int32_t Integer __attribute__((vector_size(kVectorBytes)));
  static constexpr std::int32_t one = 0x3f800000, magnitude = 0x7fffffff;
  static constexpr int mantissa = 23;
};
template <>
struct Vectors<double> {
  typedef double Value __attribute__((vector_size(kVectorBytes)));
  typedef std::int64_t Integer __attribute__((vector_size(kVectorBytes)));
  static constexpr std::int64_t one = 0x3ff0000000000000, magnitude = 0x7fffffffffffffff;
  static constexpr int mantissa = 52;
};

// ---- one register ----------------------------------------------------------------------------------------------------------

// Lanes are all ones where true.
template <class T, int N, bool kNative = (N == kLanes<T>)>
struct Mask {
  typename Vectors<T>::Integer value;
  friend GALVANI_FN Mask operator|(Mask a, Mask b) { return {a.value | b.value}; }
};

template <class T, int N, bool kNative = (N == kLanes<T>)>
struct Pack {
  using Lane = T;
  using Value = typename Vectors<T>::Value;
  using Integer = typename Vectors<T>::Integer;
  static constexpr int size = N;
  Value value;

  Pack() = default;
  GALVANI_FN explicit Pack(double x) : value(static_cast<T>(x) - Value{}) {}
  GALVANI_FN explicit Pack(Value v) : value(v) {}
  static GALVANI_FN Pack broadcast(T x) { return Pack(x - Value{}); }
  static GALVANI_FN Pack load(const T* from) {
    Pack r;
    std::memcpy(&r.value, __builtin_assume_aligned(from, kVectorBytes), sizeof r.value);
    return r;
  }
  GALVANI_FN void store(T* to) const { std::memcpy(__builtin_assume_aligned(to, kVectorBytes), &value, sizeof value); }

  friend GALVANI_FN Pack operator+(Pack a, Pack b) { return Pack(a.value + b.value); }
  friend GALVANI_FN Pack operator-(Pack a, Pack b) { return Pack(a.value - b.value); }
  friend GALVANI_FN Pack operator*(Pack a, Pack b) { return Pack(a.value * b.value); }
  friend GALVANI_FN Pack operator/(Pack a, Pack b) { return Pack(a.value / b.value); }
  friend GALVANI_FN Pack operator-(Pack a) { return Pack(-a.value); }
  friend GALVANI_FN Mask<T, N> operator<(Pack a, Pack b) { return {a.value < b.value}; }
  friend GALVANI_FN Mask<T, N> operator>(Pack a, Pack b) { return {a.value > b.value}; }
  friend GALVANI_FN Mask<T, N> operator>=(Pack a, Pack b) { return {a.value >= b.value}; }
};

#define GALVANI_NATIVE template <class T, int N> requires(N == kLanes<T>) GALVANI_FN

GALVANI_NATIVE Pack<T, N> select(Mask<T, N> m, Pack<T, N> a, Pack<T, N> b) { return Pack<T, N>(m.value ? a.value : b.value); }

// One bit a lane.
GALVANI_NATIVE std::uint32_t bits(Mask<T, N> m) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 8) return _mm512_movepi64_mask(__m512i(m.value));
  else return _mm512_movepi32_mask(__m512i(m.value));
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 8) return static_cast<std::uint32_t>(_mm256_movemask_pd(__m256d(m.value)));
  else return static_cast<std::uint32_t>(_mm256_movemask_ps(__m256(m.value)));
#else
  std::uint32_t r = 0;
  for (int l = 0; l < N; ++l) r |= static_cast<std::uint32_t>(m.value[l] & 1) << l;
  return r;
#endif
}

// ---- two halves ------------------------------------------------------------------------------------------------------------

template <class T, int N>
struct Mask<T, N, false> {
  Mask<T, N / 2> low, high;
  friend GALVANI_FN Mask operator|(Mask a, Mask b) { return {a.low | b.low, a.high | b.high}; }
};

template <class T, int N>
struct Pack<T, N, false> {
  using Lane = T;
  using Half = Pack<T, N / 2>;
  static constexpr int size = N;
  Half low, high;

  Pack() = default;
  GALVANI_FN explicit Pack(double x) : low(x), high(x) {}
  GALVANI_FN Pack(Half l, Half h) : low(l), high(h) {}
  static GALVANI_FN Pack broadcast(T x) { return {Half::broadcast(x), Half::broadcast(x)}; }
  static GALVANI_FN Pack load(const T* from) { return {Half::load(from), Half::load(from + N / 2)}; }
  GALVANI_FN void store(T* to) const {
    low.store(to);
    high.store(to + N / 2);
  }

  friend GALVANI_FN Pack operator+(Pack a, Pack b) { return {a.low + b.low, a.high + b.high}; }
  friend GALVANI_FN Pack operator-(Pack a, Pack b) { return {a.low - b.low, a.high - b.high}; }
  friend GALVANI_FN Pack operator*(Pack a, Pack b) { return {a.low * b.low, a.high * b.high}; }
  friend GALVANI_FN Pack operator/(Pack a, Pack b) { return {a.low / b.low, a.high / b.high}; }
  friend GALVANI_FN Pack operator-(Pack a) { return {-a.low, -a.high}; }
  friend GALVANI_FN Mask<T, N> operator<(Pack a, Pack b) { return {a.low < b.low, a.high < b.high}; }
  friend GALVANI_FN Mask<T, N> operator>(Pack a, Pack b) { return {a.low > b.low, a.high > b.high}; }
  friend GALVANI_FN Mask<T, N> operator>=(Pack a, Pack b) { return {a.low >= b.low, a.high >= b.high}; }
};

#define GALVANI_HALVES template <class T, int N> requires(N > kLanes<T>) GALVANI_FN

GALVANI_HALVES Pack<T, N> select(Mask<T, N> m, Pack<T, N> a, Pack<T, N> b) {
  return {select(m.low, a.low, b.low), select(m.high, a.high, b.high)};
}
GALVANI_HALVES std::uint32_t bits(Mask<T, N> m) { return bits(m.low) | bits(m.high) << N / 2; }

template <class T, int N>
GALVANI_FN bool any(Mask<T, N> m) {
  return bits(m) != 0;
}

// ---- what common/math.h asks of a value type ---------------------------------------------------------------------------

GALVANI_NATIVE Pack<T, N> abs(Pack<T, N> a) {
  using V = Vectors<T>;
  return Pack<T, N>(typename V::Value(typename V::Integer(a.value) & V::magnitude));
}
GALVANI_HALVES Pack<T, N> abs(Pack<T, N> a) { return {abs(a.low), abs(a.high)}; }

GALVANI_NATIVE Pack<T, N> clamp(Pack<T, N> x, Pack<T, N> low, Pack<T, N> high) {
  using V = typename Vectors<T>::Value;
#if defined(__AVX512F__)  // max and min give their second operand where one is NaN
  if constexpr (sizeof(T) == 8) return Pack<T, N>(V(_mm512_min_pd(__m512d(high.value), _mm512_max_pd(__m512d(low.value), __m512d(x.value)))));
  else return Pack<T, N>(V(_mm512_min_ps(__m512(high.value), _mm512_max_ps(__m512(low.value), __m512(x.value)))));
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 8) return Pack<T, N>(V(_mm256_min_pd(__m256d(high.value), _mm256_max_pd(__m256d(low.value), __m256d(x.value)))));
  else return Pack<T, N>(V(_mm256_min_ps(__m256(high.value), _mm256_max_ps(__m256(low.value), __m256(x.value)))));
#else
  V v = x.value;
  v = v < low.value ? low.value : v;
  return Pack<T, N>(v > high.value ? high.value : v);
#endif
}
GALVANI_HALVES Pack<T, N> clamp(Pack<T, N> x, Pack<T, N> low, Pack<T, N> high) {
  return {clamp(x.low, low.low, high.low), clamp(x.high, low.high, high.high)};
}

// 2^k for the integer k that `shifted` holds in its low bits.
GALVANI_NATIVE Pack<T, N> scale1(Pack<T, N> shifted) {
  using V = Vectors<T>;
  return Pack<T, N>(typename V::Value((typename V::Integer(shifted.value) << V::mantissa) + V::one));
}
GALVANI_HALVES Pack<T, N> scale1(Pack<T, N> x) { return {scale1(x.low), scale1(x.high)}; }

#if defined(__AVX512F__)
// table[k mod 16] · 2^floor(k/16)
GALVANI_NATIVE Pack<T, N> scale16(Pack<T, N> shifted, const double* table) {
  using V = Vectors<double>;
  const V::Integer k = V::Integer(shifted.value);
  const V::Integer entry = V::Integer(_mm512_permutex2var_pd(_mm512_load_pd(table), __m512i(k), _mm512_load_pd(table + 8)));
  return Pack<T, N>(V::Value(entry + ((k >> 4) << 52)));
}
GALVANI_HALVES Pack<T, N> scale16(Pack<T, N> x, const double* table) { return {scale16(x.low, table), scale16(x.high, table)}; }
#endif

// x = m·2^e with m in [√½, √2).
GALVANI_NATIVE void split(Pack<T, N> x, Pack<T, N>& m, Pack<T, N>& e) {
  using V = Vectors<T>;
  using I = typename V::Integer;
  constexpr auto half_root = sizeof(T) == 8 ? 0x3fe6a09e667f3bcd : 0x3f3504f3;
  constexpr auto fraction = sizeof(T) == 8 ? 0x000fffffffffffff : 0x007fffff;
  const I b = I(x.value) - static_cast<decltype(V::one)>(half_root);
  m = Pack<T, N>(typename V::Value((b & static_cast<decltype(V::one)>(fraction)) + static_cast<decltype(V::one)>(half_root)));
  e = Pack<T, N>(__builtin_convertvector(b >> V::mantissa, typename V::Value));
}
GALVANI_HALVES void split(Pack<T, N> x, Pack<T, N>& m, Pack<T, N>& e) {
  split(x.low, m.low, e.low);
  split(x.high, m.high, e.high);
}

// ---- between precisions ---------------------------------------------------------------------------------------------------

// As many lanes of the other precision; one register of floats is two of doubles.
template <class To, class From>
GALVANI_FN To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (To::size > kLanes<float>) {
    return {convert<typename To::Half>(x.low), convert<typename To::Half>(x.high)};
  } else {
    typedef float Half __attribute__((vector_size(kVectorBytes / 2)));
    using F = Vectors<float>::Value;
    using D = Vectors<double>::Value;
    if constexpr (sizeof(typename To::Lane) == 8) {
      Half h[2];
      std::memcpy(h, &x.value, sizeof h);
      return {typename To::Half(__builtin_convertvector(h[0], D)), typename To::Half(__builtin_convertvector(h[1], D))};
    } else {
      const Half h[2] = {__builtin_convertvector(x.low.value, Half), __builtin_convertvector(x.high.value, Half)};
      F f;
      std::memcpy(&f, h, sizeof f);
      return To(f);
    }
  }
}

// ---- piecewise polynomials ------------------------------------------------------------------------------------------------
//
// Two ways to bring each lane the coefficients of its segment. With 512-bit registers a permutation of a table held by coefficient:
// few segments, so a high degree. Else a row of coefficients a lane, transposed in registers: short rows, so more segments.

inline constexpr bool kTableByRow = kVectorBytes < 64;
template <class T>
inline constexpr PolyForm kPolyForm = kTableByRow ? PolyForm{3, 64} : sizeof(T) == 8 ? PolyForm{5, 16} : PolyForm{3, 32};

// Segment of each lane of x in a table of pieces from `low`, `inverse` pieces per unit, and its position in it, 0…1.
template <class T>
struct Segment {
  typename Vectors<T>::Integer index;
  Pack<T, kLanes<T>> u;
};

GALVANI_NATIVE Segment<T> segment_of(Pack<T, N> x, T low, T inverse, int segments) {
  using P = Pack<T, N>;
  using V = Vectors<T>;
  const P t = (x - P::broadcast(low)) * P::broadcast(inverse);
  // Rounded down by a shift into the integers of the mantissa: SSE2 and AVX2 do not convert doubles to 64-bit integers.
  const P shift(sizeof(T) == 8 ? 0x1.8p52 : 0x1.8p23f);
  const P shifted = clamp(t - P(0.5), P(0), P(segments - 1)) + shift;
  Segment<T> r;
  r.u = t - (shifted - shift);
  r.index = typename V::Integer(shifted.value) & static_cast<decltype(V::one)>(segments - 1);  // in the table, NaN too
  return r;
}

#if defined(__AVX512F__)

// c[k] = table[k][index] for k = 0…count−1; `segments` entries each, two or four registers.
template <int kCount, int kSegments, class T, int N>
GALVANI_FN void coefficients(const T* table, const Segment<T>& at, Pack<T, N>* c) {
  static_assert(kSegments == 2 * N || kSegments == 4 * N);
  const __m512i index = __m512i(at.index);
  unrolled<kCount>([&](auto k) GALVANI_LAMBDA {
    const T* t = table + k * kSegments;
    if constexpr (sizeof(T) == 4) {
      __m512 y = _mm512_permutex2var_ps(_mm512_load_ps(t), index, _mm512_load_ps(t + N));
      if constexpr (kSegments == 4 * N) {
        const __m512 z = _mm512_permutex2var_ps(_mm512_load_ps(t + 2 * N), index, _mm512_load_ps(t + 3 * N));
        y = _mm512_mask_mov_ps(y, _mm512_test_epi32_mask(index, _mm512_set1_epi32(2 * N)), z);
      }
      c[k] = Pack<T, N>(typename Vectors<T>::Value(y));
    } else {
      __m512d y = _mm512_permutex2var_pd(_mm512_load_pd(t), index, _mm512_load_pd(t + N));
      if constexpr (kSegments == 4 * N) {
        const __m512d z = _mm512_permutex2var_pd(_mm512_load_pd(t + 2 * N), index, _mm512_load_pd(t + 3 * N));
        y = _mm512_mask_mov_pd(y, _mm512_test_epi64_mask(index, _mm512_set1_epi64(2 * N)), z);
      }
      c[k] = Pack<T, N>(typename Vectors<T>::Value(y));
    }
  });
}

#else

// 16 bytes of the table, and the same of two lanes side by side.
template <class T>
struct Quarter {
  static constexpr int lanes = 16 / static_cast<int>(sizeof(T));
  typedef T Value __attribute__((vector_size(16)));
  static GALVANI_FN Value load(const T* from) {
    Value v;
    std::memcpy(&v, __builtin_assume_aligned(from, 16), sizeof v);
    return v;
  }
};

// row[l] points to coefficients of lane l: the first 16 bytes of all lanes become c[k], one coefficient in all lanes.
GALVANI_FN void transpose(const double* const* row, Vectors<double>::Value* c) {
  using Q = Quarter<double>;
#if defined(__AVX2__)
  const auto even = __builtin_shufflevector(Q::load(row[0]), Q::load(row[2]), 0, 1, 2, 3);
  const auto odd = __builtin_shufflevector(Q::load(row[1]), Q::load(row[3]), 0, 1, 2, 3);
  c[0] = __builtin_shufflevector(even, odd, 0, 4, 2, 6);
  c[1] = __builtin_shufflevector(even, odd, 1, 5, 3, 7);
#else
  const auto a = Q::load(row[0]), b = Q::load(row[1]);
  c[0] = __builtin_shufflevector(a, b, 0, 2);
  c[1] = __builtin_shufflevector(a, b, 1, 3);
#endif
}

GALVANI_FN void transpose(const float* const* row, Vectors<float>::Value* c) {
  using Q = Quarter<float>;
  Vectors<float>::Value r[4];
#if defined(__AVX2__)  // lanes l and l + 4 in the two halves of a register
  unrolled<4>([&](auto l) GALVANI_LAMBDA { r[l] = __builtin_shufflevector(Q::load(row[l]), Q::load(row[l + 4]), 0, 1, 2, 3, 4, 5, 6, 7); });
  const auto a = __builtin_shufflevector(r[0], r[1], 0, 8, 1, 9, 4, 12, 5, 13), b = __builtin_shufflevector(r[2], r[3], 0, 8, 1, 9, 4, 12, 5, 13);
  const auto d = __builtin_shufflevector(r[0], r[1], 2, 10, 3, 11, 6, 14, 7, 15), e = __builtin_shufflevector(r[2], r[3], 2, 10, 3, 11, 6, 14, 7, 15);
  c[0] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
  c[1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  c[2] = __builtin_shufflevector(d, e, 0, 1, 8, 9, 4, 5, 12, 13);
  c[3] = __builtin_shufflevector(d, e, 2, 3, 10, 11, 6, 7, 14, 15);
#else
  unrolled<4>([&](auto l) GALVANI_LAMBDA { r[l] = Q::load(row[l]); });
  const auto a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5), b = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
  const auto d = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7), e = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
  c[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
  c[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  c[2] = __builtin_shufflevector(d, e, 0, 1, 4, 5);
  c[3] = __builtin_shufflevector(d, e, 2, 3, 6, 7);
#endif
}

// c[k] = table[index][k] for k = 0…count−1.
template <int kCount, int kSegments, class T, int N>
GALVANI_FN void coefficients(const T* table, const Segment<T>& at, Pack<T, N>* c) {
  constexpr int chunk = Quarter<T>::lanes;
  static_assert(kCount % chunk == 0);
  const T* row[N];
  unrolled<N>([&](auto l) GALVANI_LAMBDA { row[l] = table + at.index[l.value] * kCount; });
  unrolled<kCount / chunk>([&](auto k) GALVANI_LAMBDA {
    typename Vectors<T>::Value r[chunk];
    const T* from[N];
    unrolled<N>([&](auto l) GALVANI_LAMBDA { from[l] = row[l] + k * chunk; });
    transpose(from, r);
    unrolled<chunk>([&](auto j) GALVANI_LAMBDA { c[k * chunk + j] = Pack<T, N>(r[j]); });
  });
}

#endif

}  // namespace GALVANI_ISA

#if defined(__AVX512F__)
template <int N>
inline constexpr bool has_register_table<Pack<double, N>> = true;
#endif

}  // namespace galvani
