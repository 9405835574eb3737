// The kernels of layers for one ISA; compiled once each.
#include "cpu/layers.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cpu/simd.h"

namespace galvani {
inline namespace GALVANI_ISA {
namespace {

// A tile of sums in registers, beside one row of b and one number of a. Small ones are enough to look for faults of memory, and to compile
// with checks takes long.
#if defined(__SANITIZE_ADDRESS__)
constexpr int kTileRows = 2, kTileVectors = 1;
#else
constexpr int kTileRows = 6, kTileVectors = kVectorBytes == 64 ? 4 : 2;
#endif

template <class E>
using SumPack = Pack<Sum<E>, kLanes<Sum<E>>>;

// What one instruction multiplies: a vector of groups of b, and a group of a in all lanes.
template <class E>
GALVANI_FN void multiply_add(const E* a, const E* b, typename SumPack<E>::Value& sum) {
  if constexpr (sizeof(E) == 2) {
    std::int32_t pair;
    std::memcpy(&pair, a, sizeof pair);
    typename Vectors<float>::Integer pairs;
    std::memcpy(&pairs, b, sizeof pairs);
    sum = add_products(sum, pair - typename Vectors<float>::Integer{}, pairs);
  } else {
    typename SumPack<E>::Value row;
    std::memcpy(&row, b, sizeof row);
    sum += (*a - typename SumPack<E>::Value{}) * row;
  }
}

// Rows × vectors of c, in registers over the whole depth.
template <class E, int kRows, int kVectors>
void tile(const Product<E>& p, std::int64_t row, int column) {
  using V = typename SumPack<E>::Value;
  constexpr int lanes = kLanes<Sum<E>>, group = kGroup<E>;
  V sum[kRows][kVectors];
  const E* a[kRows];
  unrolled<kRows>([&](auto r) GALVANI_LAMBDA {
    a[r] = p.a[row + r];
    unrolled<kVectors>([&](auto v) GALVANI_LAMBDA { std::memcpy(&sum[r][v], p.start[row + r] + column + v * lanes, sizeof(V)); });
  });
  const E* b = p.b + static_cast<std::ptrdiff_t>(column) * p.depth;
  for (int k = 0; k < p.depth; k += group, b += kVectors * lanes * group) {
    unrolled<kRows>([&](auto r) GALVANI_LAMBDA {
      unrolled<kVectors>([&](auto v) GALVANI_LAMBDA { multiply_add(a[r] + k, b + v * lanes * group, sum[r][v]); });
    });
  }
  unrolled<kRows>([&](auto r) GALVANI_LAMBDA {
    unrolled<kVectors>([&](auto v) GALVANI_LAMBDA { std::memcpy(p.c[row + r] + column + v * lanes, &sum[r][v], sizeof(V)); });
  });
}

template <class E>
using Tile = void (*)(const Product<E>&, std::int64_t, int);

// [vectors − 1][rows − 1]
template <class E, int... i>
constexpr std::array<Tile<E>, sizeof...(i)> tiles(std::integer_sequence<int, i...>) {
  return {&tile<E, i % kTileRows + 1, i / kTileRows + 1>...};
}

template <class E>
void multiply(const Product<E>& p) {
  static constexpr auto all = tiles<E>(std::make_integer_sequence<int, kTileRows * kTileVectors>{});
  constexpr int lanes = kLanes<Sum<E>>, panel = kTileVectors * lanes;
  const std::int64_t tiles = (p.rows + kTileRows - 1) / kTileRows;
  for (int column = p.from; column < p.to; column += panel) {
    const int vectors = std::min(panel, p.columns - column) / lanes;
    for (std::int64_t t = 0, row = 0; t < tiles; ++t) {  // as even as can be
      const std::int64_t next = p.rows * (t + 1) / tiles;
      all[(vectors - 1) * kTileRows + next - row - 1](p, row, column);
      row = next;
    }
  }
}

template <class E, class To>
GALVANI_FN void put(SumPack<E> x, To* to) {
  if constexpr (std::is_same_v<To, BFloat16>) store_rounded(x, &to->bits);
  else std::memcpy(to, &x.value, sizeof x.value);
}

template <Activation kActivation, class E, class To>
void finish_as(const Finish<E>& f, int n, const Sum<E>* x, To* y) {
  using P = SumPack<E>;
  for (int i = 0; i < n; i += P::size) {
    P v = activated<kActivation>(P::load(x + i));
    if (f.scale != nullptr) v = v * P::load(f.scale + i) + P::load(f.shift + i);
    put<E>(v, y + i);
  }
}

template <class E, class To>
void finish(const Finish<E>& f, int n, const Sum<E>* x, To* y) {
  switch (f.activation) {
    case Activation::relu: return finish_as<Activation::relu>(f, n, x, y);
    case Activation::tanh: return finish_as<Activation::tanh>(f, n, x, y);
    case Activation::sigmoid: return finish_as<Activation::sigmoid>(f, n, x, y);
    case Activation::selu: return finish_as<Activation::selu>(f, n, x, y);
    default: return finish_as<Activation::linear>(f, n, x, y);
  }
}

template <class E>
void lstm(int blocks, const Sum<E>* gates, Sum<E>* c, E* h) {
  using P = SumPack<E>;
  for (int b = 0; b < blocks; ++b) {
    const Sum<E>* const z = gates + b * 4 * kBlock<E>;
    for (int u = 0; u < kBlock<E>; u += P::size) {
      const auto gate = [&](int g) GALVANI_LAMBDA { return P::load(z + g * kBlock<E> + u); };
      P state = P::load(c + b * kBlock<E> + u);
      const P out = galvani::lstm(gate(0), gate(1), gate(2), gate(3), state);
      state.store(c + b * kBlock<E> + u);
      put<E>(out, h + b * kBlock<E> + u);
    }
  }
}

// Packs of sums that stay in registers while rows are added.
constexpr int kGathered = 8;

template <class E, int kPacks>
void add_rows(int count, const int* which, const Sum<E>* x, const Sum<E>* rows, int stride, Sum<E>* y) {
  using P = SumPack<E>;
  P sum[kPacks];
  unrolled<kPacks>([&](auto v) GALVANI_LAMBDA { sum[v] = P::load(y + v * P::size); });
  for (int i = 0; i < count; ++i) {
    const P factor = P::broadcast(x[which[i]]);
    const Sum<E>* const row = rows + static_cast<std::ptrdiff_t>(which[i]) * stride;
    unrolled<kPacks>([&](auto v) GALVANI_LAMBDA { sum[v] = factor * P::load(row + v * P::size) + sum[v]; });
  }
  unrolled<kPacks>([&](auto v) GALVANI_LAMBDA { sum[v].store(y + v * P::size); });
}

template <class E, int... i>
constexpr auto adders(std::integer_sequence<int, i...>) {
  return std::array{&add_rows<E, i + 1>...};
}

// Numbers that are looked through before rows are added.
constexpr int kLooked = 256;

template <class E>
void gather(int count, const Sum<E>* x, const Sum<E>* rows, int stride, int n, Sum<E>* y) {
  using P = SumPack<E>;
  static constexpr auto add = adders<E>(std::make_integer_sequence<int, kGathered>{});
  for (int first = 0; first < count; first += kLooked) {
    int which[kLooked + P::size], found = 0;
    for (int i = first; i < std::min(count, first + kLooked); i += P::size) found += append_nonzero(P::load(x + i), i, which + found);
    for (int j = 0; found > 0 && j < n; j += kGathered * P::size) {
      const int packs = std::min(kGathered, (n - j) / P::size);
      add[packs - 1](found, which, x, rows + j, stride, y + j);
    }
  }
}

template <class E>
GALVANI_FN SumPack<E> taken(const E* x) {
  if constexpr (std::is_same_v<E, Sum<E>>) {
    return SumPack<E>::load(x);
  } else {
    Sum<E> sums[SumPack<E>::size];
    for (int lane = 0; lane < SumPack<E>::size; ++lane) sums[lane] = summed(x[lane]);
    SumPack<E> pack;
    std::memcpy(&pack.value, sums, sizeof pack.value);
    return pack;
  }
}

template <class E>
void leak(int n, const Sum<E>* decay, const E* x, Sum<E>* y, E* stored) {
  using P = SumPack<E>;
  for (int i = 0; i < n; i += P::size) {
    P now = P::load(decay + i) * P::load(y + i);
    if (x != nullptr) {
      now = now + taken<E>(x + i);
    }
    now.store(y + i);
    put<E>(now, stored + i);
  }
}

template <class E>
void accumulate(int n, const Sum<E>* x, Sum<E>* y, E* stored) {
  using P = SumPack<E>;
  for (int i = 0; i < n; i += P::size) {
    const P now = P::load(y + i) + P::load(x + i);
    now.store(y + i);
    put<E>(now, stored + i);
  }
}

template <class E>
constexpr LayerKernels<E> kLayerKernels = {kTileVectors * kLanes<Sum<E>>, &multiply<E>, &finish<E, E>, &finish<E, Sum<E>>, &lstm<E>, &gather<E>,
                                           &leak<E>, &accumulate<E>};

}  // namespace

#if !defined(GALVANI_ONLY_BFLOAT16)
const LayerKernels<double>& layer_kernels_f64() { return kLayerKernels<double>; }
const LayerKernels<float>& layer_kernels_f32() { return kLayerKernels<float>; }
#endif
const LayerKernels<BFloat16>& layer_kernels_bf16() { return kLayerKernels<BFloat16>; }

}  // namespace GALVANI_ISA
}  // namespace galvani
