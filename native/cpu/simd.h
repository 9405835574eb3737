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

// One bit a lane where the ISA has registers for that; else all ones in lanes where true.
#if defined(__AVX512F__)
template <class T>
using MaskValue = std::conditional_t<sizeof(T) == 8, __mmask8, __mmask16>;
#else
template <class T>
using MaskValue = typename Vectors<T>::Integer;
#endif
template <class T, int N, bool kNative = (N == kLanes<T>)>
struct Mask {
  MaskValue<T> value;
  friend GALVANI_FN Mask operator|(Mask a, Mask b) { return {static_cast<MaskValue<T>>(a.value | b.value)}; }
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
#if defined(__AVX512F__)
  friend GALVANI_FN Mask<T, N> operator<(Pack a, Pack b) { return compared<_CMP_LT_OQ>(a, b); }
  friend GALVANI_FN Mask<T, N> operator>(Pack a, Pack b) { return compared<_CMP_GT_OQ>(a, b); }
  friend GALVANI_FN Mask<T, N> operator>=(Pack a, Pack b) { return compared<_CMP_GE_OQ>(a, b); }

 private:
  template <int kHow>
  static GALVANI_FN Mask<T, N> compared(Pack a, Pack b) {
    if constexpr (sizeof(T) == 8) return {_mm512_cmp_pd_mask(__m512d(a.value), __m512d(b.value), kHow)};
    else return {_mm512_cmp_ps_mask(__m512(a.value), __m512(b.value), kHow)};
  }
#else
  friend GALVANI_FN Mask<T, N> operator<(Pack a, Pack b) { return {a.value < b.value}; }
  friend GALVANI_FN Mask<T, N> operator>(Pack a, Pack b) { return {a.value > b.value}; }
  friend GALVANI_FN Mask<T, N> operator>=(Pack a, Pack b) { return {a.value >= b.value}; }
#endif
};

#define GALVANI_NATIVE template <class T, int N> requires(N == kLanes<T>) GALVANI_FN

// A bit for each lane that is not 0.
GALVANI_NATIVE unsigned nonzero(Pack<T, N> x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 8) return _mm512_cmp_pd_mask(__m512d(x.value), _mm512_setzero_pd(), _CMP_NEQ_UQ);
  else return _mm512_cmp_ps_mask(__m512(x.value), _mm512_setzero_ps(), _CMP_NEQ_UQ);
#else
  unsigned bits = 0;
  for (int i = 0; i < N; ++i) bits |= static_cast<unsigned>(x.value[i] != 0) << i;
  return bits;
#endif
}

// Writes the numbers of the lanes that are not 0, the first lane's being `first`, and says how many these are. Room for all lanes is needed.
GALVANI_NATIVE int append_nonzero(Pack<T, N> x, int first, int* to) {
  unsigned bits = nonzero(x);
#if defined(__AVX512F__)
  if constexpr (N == 16) {  // without a branch for each: which are not 0 is not foreseen
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i found = _mm512_maskz_compress_epi32(static_cast<__mmask16>(bits), _mm512_add_epi32(lanes, _mm512_set1_epi32(first)));
    std::memcpy(to, &found, sizeof found);
    return __builtin_popcount(bits);
  }
#endif
  const int count = __builtin_popcount(bits);
  for (; bits != 0; bits &= bits - 1) *to++ = first + __builtin_ctz(bits);
  return count;
}

GALVANI_NATIVE Pack<T, N> select(Mask<T, N> m, Pack<T, N> a, Pack<T, N> b) {
#if defined(__AVX512F__)
  using V = typename Vectors<T>::Value;
  if constexpr (sizeof(T) == 8) return Pack<T, N>(V(_mm512_mask_blend_pd(m.value, __m512d(b.value), __m512d(a.value))));
  else return Pack<T, N>(V(_mm512_mask_blend_ps(m.value, __m512(b.value), __m512(a.value))));
#else
  return Pack<T, N>(m.value ? a.value : b.value);
#endif
}

// One bit a lane.
GALVANI_NATIVE std::uint32_t bits(Mask<T, N> m) {
#if defined(__AVX512F__)
  return m.value;
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

// Worked out by now: the compiler neither moves what follows from it to before, nor fuses it with that.
GALVANI_NATIVE void settle(Pack<T, N>& x) { asm("" : "+v"(x.value)); }
GALVANI_HALVES void settle(Pack<T, N>& x) {
  settle(x.low);
  settle(x.high);
}

GALVANI_NATIVE bool any(Mask<T, N> m) { return bits(m) != 0; }
GALVANI_HALVES bool any(Mask<T, N> m) { return any(m.low | m.high); }

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
// 2^(k/16) by exp2_16, for the integer k that `shifted` holds in its low bits.
GALVANI_NATIVE Pack<T, N> scale16(Pack<T, N> shifted, const std::int64_t* table) {
  using V = Vectors<double>;
  const V::Integer k = V::Integer(shifted.value);
  const V::Integer entry = V::Integer(_mm512_permutex2var_epi64(_mm512_load_epi64(table), __m512i(k), _mm512_load_epi64(table + 8)));
  return Pack<T, N>(V::Value(entry + (k << 48)));
}
GALVANI_HALVES Pack<T, N> scale16(Pack<T, N> x, const std::int64_t* table) { return {scale16(x.low, table), scale16(x.high, table)}; }
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

// A register of doubles as half a register of floats, and back.
typedef float HalfOfFloats __attribute__((vector_size(kVectorBytes / 2)));
#if defined(__AVX512F__)  // gcc 12 would convert quarters
GALVANI_FN Vectors<double>::Value widened(HalfOfFloats f) { return Vectors<double>::Value(_mm512_cvtps_pd(__m256(f))); }
GALVANI_FN HalfOfFloats narrowed(Vectors<double>::Value d) { return HalfOfFloats(_mm512_cvtpd_ps(__m512d(d))); }
#else
GALVANI_FN Vectors<double>::Value widened(HalfOfFloats f) { return __builtin_convertvector(f, Vectors<double>::Value); }
GALVANI_FN HalfOfFloats narrowed(Vectors<double>::Value d) { return __builtin_convertvector(d, HalfOfFloats); }
#endif

// As many lanes of the other precision; one register of floats is two of doubles. Halves are cut and joined in registers: copied
// through memory, a load would wait for two narrower stores.
template <class To, class From, int... i>
GALVANI_FN To convert_register(From x, std::integer_sequence<int, i...>) {
  constexpr int n = sizeof...(i);
  if constexpr (sizeof(typename To::Lane) == 8) {
    const HalfOfFloats low = __builtin_shufflevector(x.value, x.value, i...), high = __builtin_shufflevector(x.value, x.value, (n + i)...);
    return {typename To::Half(widened(low)), typename To::Half(widened(high))};
  } else {
    return To(__builtin_shufflevector(narrowed(x.low.value), narrowed(x.high.value), i..., (n + i)...));
  }
}

template <class To, class From>
GALVANI_FN To convert(From x) {
  if constexpr (std::is_same_v<To, From>) return x;
  else if constexpr (To::size > kLanes<float>) return {convert<typename To::Half>(x.low), convert<typename To::Half>(x.high)};
  else return convert_register<To>(x, std::make_integer_sequence<int, kLanes<double>>{});
}

// The same from and to memory, half a register of floats at a time: no lane changes its place.
template <class S, class TG>
GALVANI_FN S load_as(const TG* from) {
  if constexpr (std::is_same_v<typename S::Lane, TG>) {
    return S::load(from);
  } else if constexpr (S::size > kLanes<double>) {
    return {load_as<typename S::Half>(from), load_as<typename S::Half>(from + S::size / 2)};
  } else {
    HalfOfFloats half;
    std::memcpy(&half, __builtin_assume_aligned(from, sizeof half), sizeof half);
    return S(widened(half));
  }
}
template <class S, class TG>
GALVANI_FN void store_as(S x, TG* to) {
  if constexpr (std::is_same_v<typename S::Lane, TG>) {
    x.store(to);
  } else if constexpr (S::size > kLanes<double>) {
    store_as(x.low, to);
    store_as(x.high, to + S::size / 2);
  } else {
    const auto half = narrowed(x.value);
    std::memcpy(__builtin_assume_aligned(to, sizeof half), &half, sizeof half);
  }
}

// ---- bfloat16 --------------------------------------------------------------------------------------------------------------

// sum + the two products of the two bfloat16 in each 32 bits.
GALVANI_FN Vectors<float>::Value add_products(Vectors<float>::Value sum, Vectors<float>::Integer a, Vectors<float>::Integer b) {
#if defined(__AVX512BF16__)
  return Vectors<float>::Value(_mm512_dpbf16_ps(__m512(sum), __m512bh(a), __m512bh(b)));
#else
  using V = Vectors<float>;
  constexpr std::int32_t upper = static_cast<std::int32_t>(0xffff0000);
  sum += V::Value(a << 16) * V::Value(b << 16);
  return sum + V::Value(a & upper) * V::Value(b & upper);
#endif
}

// The nearest bfloat16 of each lane, the even one of two.
template <int N>
GALVANI_FN void store_rounded(Pack<float, N> x, std::uint16_t* to) {
  using I = typename Vectors<float>::Integer;
  typedef std::uint16_t Half __attribute__((vector_size(kVectorBytes / 2)));
  const I bits = I(x.value), nearest = bits + (0x7fff + (bits >> 16 & 1));
  const I chosen = x.value == x.value ? nearest >> 16 : bits >> 16 | 0x40;  // NaN stays one
  const Half half = __builtin_convertvector(chosen, Half);
  std::memcpy(to, &half, sizeof half);
}

// ---- piecewise polynomials ------------------------------------------------------------------------------------------------
//
// Two ways to read the coefficients of each lane's segment. With 512-bit registers a permutation of a table held by coefficient: few
// segments, so a high degree. Else by lane, whose row of coefficients holds all curves side by side: the values, not the
// coefficients, are transposed.

inline constexpr PolyForm kPolyForm = kVectorBytes < 64 ? PolyForm{3, 3, 64, 128, kLanes<float>} : PolyForm{3, 5, 32, 32, 0};

// Where each lane lies: the number of its segment in the low bits of the mantissa, the position in it, −½…½.
template <int N>
struct Segment { Pack<float, N> number, u; };

// t counts segments from the middle of the first.
template <int N>
GALVANI_FN Segment<N> segment_of(Pack<float, N> t) {
  const Pack<float, N> shift(0x1.8p23f), number = t + shift;
  return {number, t - (number - shift)};
}

inline constexpr std::int32_t kFirstSegment = 0x4b400000;  // the bits of 0x1.8p23f

// Whether a lane is beyond the first `segments`.
template <int N>
GALVANI_FN bool any_beyond(Pack<float, N> number, int segments) {
  if constexpr (N > kLanes<float>) {
    return any_beyond(number.low, segments) | any_beyond(number.high, segments);
  } else {
    using I = Vectors<float>::Integer;
    typedef std::uint32_t Unsigned __attribute__((vector_size(kVectorBytes)));
    const Unsigned offset = Unsigned(I(number.value) - kFirstSegment);
#if defined(__AVX512F__)
    return _mm512_cmpge_epu32_mask(__m512i(offset), _mm512_set1_epi32(segments)) != 0;
#else
    return any(Mask<float, N>{I(offset >= static_cast<std::uint32_t>(segments))});
#endif
  }
}

#if defined(__AVX512F__)

// Entries of a table of two registers, one a segment.
template <int N>
GALVANI_FN Pack<float, N> permuted(__m512 low, __m512 high, Pack<float, N> number) {
  if constexpr (N > kLanes<float>) return {permuted(low, high, number.low), permuted(low, high, number.high)};
  else return Pack<float, N>(Vectors<float>::Value(_mm512_permutex2var_ps(low, __m512i(number.value), high)));  // takes the lowest bits
}
template <int N>
GALVANI_FN Pack<float, N> permuted(const float* table, Pack<float, N> number) {
  __m512 low = _mm512_load_ps(table), high = _mm512_load_ps(table + kLanes<float>);
  if constexpr (N > kLanes<float>) asm("" : "+v"(low), "+v"(high));  // read once for all registers of a pack
  return permuted(low, high, number);
}

// The curves of a table at each lane's segment; anything where that is none of it.
template <int kCurves, int kDegree, int N>
GALVANI_FN void polynomials(const float* table, int, const Segment<N>& at, Pack<float, N>* value) {
  constexpr int segments = kPolyForm.fewest_segments;
  static_assert(segments == 2 * kLanes<float> && segments == kPolyForm.most_segments);
  unrolled<kCurves>([&](auto curve) GALVANI_LAMBDA {
    const float* const t = table + curve * (kDegree + 1) * segments;
    Pack<float, N> y = permuted(t + kDegree * segments, at.number);
    unrolled<kDegree>([&](auto j) GALVANI_LAMBDA { y = y * at.u + permuted(t + (kDegree - 1 - j) * segments, at.number); });
    value[curve] = y;
  });
}

#else

// Values of several curves for one lane: 16 bytes or a register of them.
template <int kChunk>
struct Chunk {
  typedef float Value __attribute__((vector_size(kChunk * static_cast<int>(sizeof(float)))));
  static GALVANI_FN Value load(const float* from) {
    Value v;
    std::memcpy(&v, __builtin_assume_aligned(from, sizeof v), sizeof v);
    return v;
  }
};

// y[l] holds the curves of lane l; value[k] is curve k in all lanes.
#if defined(__AVX2__)
using V8f = Vectors<float>::Value;

// Within 16-byte halves: the four curves of r[0…3] in four lanes.
GALVANI_FN void transpose_halves(const V8f* r, V8f* value) {
  const V8f a = __builtin_shufflevector(r[0], r[1], 0, 8, 1, 9, 4, 12, 5, 13), b = __builtin_shufflevector(r[2], r[3], 0, 8, 1, 9, 4, 12, 5, 13);
  const V8f c = __builtin_shufflevector(r[0], r[1], 2, 10, 3, 11, 6, 14, 7, 15), d = __builtin_shufflevector(r[2], r[3], 2, 10, 3, 11, 6, 14, 7, 15);
  value[0] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
  value[1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  value[2] = __builtin_shufflevector(c, d, 0, 1, 8, 9, 4, 5, 12, 13);
  value[3] = __builtin_shufflevector(c, d, 2, 3, 10, 11, 6, 7, 14, 15);
}

GALVANI_FN void transpose(const Chunk<4>::Value* y, V8f* value) {
  V8f r[4];  // lanes l and l + 4
  unrolled<4>([&](auto l) GALVANI_LAMBDA { r[l] = __builtin_shufflevector(y[l], y[l + 4], 0, 1, 2, 3, 4, 5, 6, 7); });
  transpose_halves(r, value);
}

GALVANI_FN void transpose(const V8f* y, V8f* value) {
  V8f low[4], high[4];  // curves 0–3 and 4–7 of lanes l and l + 4
  unrolled<4>([&](auto l) GALVANI_LAMBDA {
    low[l] = __builtin_shufflevector(y[l], y[l + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    high[l] = __builtin_shufflevector(y[l], y[l + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  });
  transpose_halves(low, value);
  transpose_halves(high, value + 4);
}
#else
GALVANI_FN void transpose(const Chunk<4>::Value* y, Vectors<float>::Value* value) {
  const auto a = __builtin_shufflevector(y[0], y[1], 0, 4, 1, 5), b = __builtin_shufflevector(y[2], y[3], 0, 4, 1, 5);
  const auto c = __builtin_shufflevector(y[0], y[1], 2, 6, 3, 7), d = __builtin_shufflevector(y[2], y[3], 2, 6, 3, 7);
  value[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
  value[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  value[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
  value[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}
#endif

// Curves from kFirst on, of rows that begin at table.
template <int kCurves, int kDegree, int kFirst, int N>
GALVANI_FN void polynomials_from(const float* table, const std::int64_t* row, const float* u, Pack<float, N>* value) {
  if constexpr (kFirst < kCurves) {
    constexpr int chunk = kPolyForm.chunk(kCurves - kFirst);
    using C = Chunk<chunk>;
    typename C::Value y[N];
    Vectors<float>::Value r[chunk];
    unrolled<N>([&](auto l) GALVANI_LAMBDA {
      const float* const from = table + row[l] + kFirst * (kDegree + 1);
      const auto x = u[l] - typename C::Value{};
      y[l] = C::load(from + kDegree * chunk);
      unrolled<kDegree>([&](auto j) GALVANI_LAMBDA { y[l] = y[l] * x + C::load(from + (kDegree - 1 - j) * chunk); });
    });
    transpose(y, r);
    unrolled<(kCurves - kFirst < chunk ? kCurves - kFirst : chunk)>([&](auto k) GALVANI_LAMBDA { value[kFirst + k] = Pack<float, N>(r[k]); });
    polynomials_from<kCurves, kDegree, kFirst + chunk>(table, row, u, value);
  }
}

// The curves of a table at each lane's segment; anything where that is none of it.
template <int kCurves, int kDegree, int N>
GALVANI_FN void polynomials(const float* table, int segments, const Segment<N>& at, Pack<float, N>* value) {
  // Through memory: a load, unlike a permutation, broadcasts or widens for nothing.
  alignas(kVectorBytes) float u[N];
  Vectors<float>::Integer index = Vectors<float>::Integer(at.number.value) & (segments - 1);
  at.u.store(u);
  asm("" : "+m"(u), "+m"(index));
  std::int64_t row[N];
  unrolled<N>([&](auto l) GALVANI_LAMBDA { row[l] = index[l.value] * static_cast<std::int64_t>(kPolyForm.row(kCurves, kDegree)); });
  polynomials_from<kCurves, kDegree, 0>(table, row, u, value);
}

#endif

}  // namespace GALVANI_ISA

#if defined(__AVX512F__)
template <int N>
inline constexpr bool has_register_table<Pack<double, N>> = true;
#endif

}  // namespace galvani
