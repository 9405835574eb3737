// SIMD packs over the compiler's vector extensions: Pack<T, N> is N lanes of float or double in as many registers as the ISA
// of the translation unit needs. The only file that includes x86 headers.
#pragma once

#include <cstdint>
#include <cstring>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "common/math.h"

namespace galvani {
inline namespace GALVANI_ISA {  // one set of symbols per ISA

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

template <class T> struct IntegerOf;
template <> struct IntegerOf<float> { using type = std::int32_t; };
template <> struct IntegerOf<double> { using type = std::int64_t; };

template <class T, int N>
struct Shape {
  static constexpr int lanes = kVectorBytes / static_cast<int>(sizeof(T));  // of one register
  static constexpr int parts = N / lanes;
  using Integer = typename IntegerOf<T>::type;
  typedef T Vector __attribute__((vector_size(kVectorBytes)));
  typedef Integer IntegerVector __attribute__((vector_size(kVectorBytes)));
  static_assert(parts >= 1 && parts * lanes == N);
};

// Lanes are all ones where true.
template <class T, int N>
struct Mask {
  using S = Shape<T, N>;
  typename S::IntegerVector part[S::parts];
};

template <class T, int N>
struct Pack {
  using Lane = T;
  using S = Shape<T, N>;
  using Vector = typename S::Vector;
  static constexpr int size = N;
  Vector part[S::parts];

  Pack() = default;
  GALVANI_FN explicit Pack(double x) {
    const T lane = static_cast<T>(x);
    for (Vector& p : part) p = lane - Vector{};
  }
  static GALVANI_FN Pack load(const T* from) {
    Pack r;
    std::memcpy(r.part, __builtin_assume_aligned(from, kVectorBytes), sizeof r.part);
    return r;
  }
  static GALVANI_FN Pack broadcast(T x) {
    Pack r;
    for (Vector& p : r.part) p = x - Vector{};
    return r;
  }
  GALVANI_FN void store(T* to) const { std::memcpy(__builtin_assume_aligned(to, kVectorBytes), part, sizeof part); }
};

#define GALVANI_PACK template <class T, int N> GALVANI_FN
#define GALVANI_EACH for (int i = 0; i < Shape<T, N>::parts; ++i)

#define GALVANI_BINARY(op) \
  GALVANI_PACK Pack<T, N> operator op(Pack<T, N> a, Pack<T, N> b) { \
    GALVANI_EACH a.part[i] = a.part[i] op b.part[i]; \
    return a; \
  }
GALVANI_BINARY(+)
GALVANI_BINARY(-)
GALVANI_BINARY(*)
GALVANI_BINARY(/)
#undef GALVANI_BINARY

#define GALVANI_COMPARE(op) \
  GALVANI_PACK Mask<T, N> operator op(Pack<T, N> a, Pack<T, N> b) { \
    Mask<T, N> m; \
    GALVANI_EACH m.part[i] = a.part[i] op b.part[i]; \
    return m; \
  }
GALVANI_COMPARE(<)
GALVANI_COMPARE(>)
GALVANI_COMPARE(>=)
#undef GALVANI_COMPARE

GALVANI_PACK Mask<T, N> operator|(Mask<T, N> a, Mask<T, N> b) {
  GALVANI_EACH a.part[i] |= b.part[i];
  return a;
}

GALVANI_PACK Pack<T, N> operator-(Pack<T, N> a) {
  GALVANI_EACH a.part[i] = -a.part[i];
  return a;
}

GALVANI_PACK Pack<T, N> select(Mask<T, N> m, Pack<T, N> a, Pack<T, N> b) {
  GALVANI_EACH a.part[i] = m.part[i] ? a.part[i] : b.part[i];
  return a;
}

GALVANI_PACK Pack<T, N> abs(Pack<T, N> a) {
  using I = typename Shape<T, N>::IntegerVector;
  using V = typename Shape<T, N>::Vector;
  const typename Shape<T, N>::Integer magnitude = ~(typename Shape<T, N>::Integer(1) << (8 * sizeof(T) - 1));
  GALVANI_EACH a.part[i] = V(I(a.part[i]) & (magnitude - I{}));
  return a;
}

// One bit a lane.
GALVANI_PACK std::uint32_t bits(Mask<T, N> m) {
  std::uint32_t r = 0;
  GALVANI_EACH {
    std::uint32_t b = 0;
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 8) b = _mm512_movepi64_mask(__m512i(m.part[i]));
    else b = _mm512_movepi32_mask(__m512i(m.part[i]));
#elif defined(__AVX2__)
    if constexpr (sizeof(T) == 8) b = static_cast<std::uint32_t>(_mm256_movemask_pd(__m256d(m.part[i])));
    else b = static_cast<std::uint32_t>(_mm256_movemask_ps(__m256(m.part[i])));
#else
    for (int l = 0; l < Shape<T, N>::lanes; ++l) b |= static_cast<std::uint32_t>(m.part[i][l] & 1) << l;
#endif
    r |= b << (i * Shape<T, N>::lanes);
  }
  return r;
}
GALVANI_PACK bool any(Mask<T, N> m) { return bits(m) != 0; }

// ---- what common/math.h asks of a value type ---------------------------------------------------------------------------

template <int N>
GALVANI_FN Pack<double, N> scale16(Pack<double, N> shifted, const double* table) {
  using S = Shape<double, N>;
  using I = typename S::IntegerVector;
  Pack<double, N> r;
  for (int i = 0; i < S::parts; ++i) {
    const I k = I(shifted.part[i]);
    I entry;
#if defined(__AVX512F__)
    entry = I(_mm512_permutex2var_pd(_mm512_load_pd(table), __m512i(k), _mm512_load_pd(table + 8)));
#else
    for (int l = 0; l < S::lanes; ++l) entry[l] = bits_as<std::int64_t>(table[k[l] & 15]);
#endif
    r.part[i] = typename S::Vector(entry + ((k >> 4) << 52));
  }
  return r;
}

template <int N>
GALVANI_FN Pack<float, N> scale1(Pack<float, N> shifted) {
  using S = Shape<float, N>;
  using I = typename S::IntegerVector;
  for (int i = 0; i < S::parts; ++i) {
    shifted.part[i] = typename S::Vector((I(shifted.part[i]) << 23) + 0x3f800000);
  }
  return shifted;
}

template <int N>
GALVANI_FN void split(Pack<double, N> x, Pack<double, N>& m, Pack<double, N>& e) {
  using S = Shape<double, N>;
  using I = typename S::IntegerVector;
  for (int i = 0; i < S::parts; ++i) {
    const I b = I(x.part[i]) - 0x3fe6a09e667f3bcdLL;
    m.part[i] = typename S::Vector((b & 0x000fffffffffffffLL) + 0x3fe6a09e667f3bcdLL);
    e.part[i] = __builtin_convertvector(b >> 52, typename S::Vector);
  }
}
template <int N>
GALVANI_FN void split(Pack<float, N> x, Pack<float, N>& m, Pack<float, N>& e) {
  using S = Shape<float, N>;
  using I = typename S::IntegerVector;
  for (int i = 0; i < S::parts; ++i) {
    const I b = I(x.part[i]) - 0x3f3504f3;
    m.part[i] = typename S::Vector((b & 0x007fffff) + 0x3f3504f3);
    e.part[i] = __builtin_convertvector(b >> 23, typename S::Vector);
  }
}

// ---- between precisions ---------------------------------------------------------------------------------------------------

template <class To, class From>
struct Converter {
  static GALVANI_FN To convert(From x) {
    if constexpr (std::is_same_v<To, From>) {
      return x;
    } else if constexpr (sizeof(typename To::Lane) == 8) {  // float to double: one register becomes two
      To r;
      constexpr int half = To::S::lanes;
      typedef float Half __attribute__((vector_size(half * sizeof(float))));
      for (int i = 0; i < From::S::parts; ++i) {
        Half h[2];
        std::memcpy(h, &x.part[i], sizeof h);
        r.part[2 * i] = __builtin_convertvector(h[0], typename To::Vector);
        r.part[2 * i + 1] = __builtin_convertvector(h[1], typename To::Vector);
      }
      return r;
    } else {
      To r;
      constexpr int half = From::S::lanes;
      typedef float Half __attribute__((vector_size(half * sizeof(float))));
      for (int i = 0; i < To::S::parts; ++i) {
        const Half h[2] = {__builtin_convertvector(x.part[2 * i], Half), __builtin_convertvector(x.part[2 * i + 1], Half)};
        std::memcpy(&r.part[i], h, sizeof h);
      }
      return r;
    }
  }
};

template <class To, class From>
GALVANI_FN To convert(From x) { return Converter<To, From>::convert(x); }

// ---- tables in registers --------------------------------------------------------------------------------------------------

// Segment index and position in it, 0…1, of x in a table of `segments` pieces from `low`, `inverse` pieces per unit; the lanes
// outside are in `outside`.
template <class P>
struct TableIndex {
  using S = typename P::S;
  typename S::IntegerVector segment[S::parts];
  P u;
};

template <class T, int N>
GALVANI_FN TableIndex<Pack<T, N>> table_index(Pack<T, N> x, T low, T inverse) {
  using S = Shape<T, N>;
  TableIndex<Pack<T, N>> r;
  for (int i = 0; i < S::parts; ++i) {
    const auto t = (x.part[i] - low) * inverse;
    r.segment[i] = __builtin_convertvector(t, typename S::IntegerVector);
    r.u.part[i] = t - __builtin_convertvector(r.segment[i], typename S::Vector);
  }
  return r;
}

// table[segment] per lane; kSegments entries, a power of two.
template <int kSegments, class T, int N>
GALVANI_FN Pack<T, N> lookup(const T* table, const TableIndex<Pack<T, N>>& at) {
  using S = Shape<T, N>;
  Pack<T, N> r;
  for (int i = 0; i < S::parts; ++i) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) {
      static_assert(kSegments == 32 || kSegments == 64);
      const __m512i k = __m512i(at.segment[i]);
      __m512 y = _mm512_permutex2var_ps(_mm512_load_ps(table), k, _mm512_load_ps(table + 16));
      if constexpr (kSegments == 64) {
        const __m512 z = _mm512_permutex2var_ps(_mm512_load_ps(table + 32), k, _mm512_load_ps(table + 48));
        y = _mm512_mask_mov_ps(y, _mm512_test_epi32_mask(k, _mm512_set1_epi32(32)), z);
      }
      r.part[i] = typename S::Vector(y);
    } else {
      static_assert(kSegments == 16 || kSegments == 32);
      const __m512i k = __m512i(at.segment[i]);
      __m512d y = _mm512_permutex2var_pd(_mm512_load_pd(table), k, _mm512_load_pd(table + 8));
      if constexpr (kSegments == 32) {
        const __m512d z = _mm512_permutex2var_pd(_mm512_load_pd(table + 16), k, _mm512_load_pd(table + 24));
        y = _mm512_mask_mov_pd(y, _mm512_test_epi64_mask(k, _mm512_set1_epi64(16)), z);
      }
      r.part[i] = typename S::Vector(y);
    }
#else
    for (int l = 0; l < S::lanes; ++l) r.part[i][l] = table[at.segment[i][l] & (kSegments - 1)];
#endif
  }
  return r;
}

}  // namespace GALVANI_ISA
}  // namespace galvani
