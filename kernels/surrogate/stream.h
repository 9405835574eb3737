// Layers that go on from sample to sample: traces and leaking memories. An LSTM that does is in head.h.
#pragma once

#include "surrogate/head.h"

namespace galvani::surrogate {

// A thread a number.
template <class E>
__device__ void traces(const Traces<E>& x) {
  const std::int64_t i = global_thread();
  if (i >= static_cast<std::int64_t>(x.cells) * x.numbers) return;
  const Sum<E> y = x.decay[i % x.numbers] * x.kept[i] + summed(x.from[i]);
  x.kept[i] = y;
  x.to[i] = stored<E>(y);
}

// Block (cells), a unit of some cells a thread: as LSTMs.
//
//   shared   x [in][cell], d [unit][cell], u [hidden][cell]
template <class E, int kCells>
__device__ void elm_of(const Elm<E>& x, Sum<E>* shared) {
  using S = Sum<E>;
  const int width = x.cells_of_block, first = static_cast<int>(blockIdx.x) * width;
  S *const given = shared, *const leaked = given + x.in * width;
  S* const hidden = leaked + x.units * width;
  // Beyond the last cell, it once more.
  const auto clamped = [&](int cell) { return static_cast<std::int64_t>(min(first + cell, x.cells - 1)); };

  each_unit<1>(x.in, width, [&](int i, int cell) { given[i * width + cell] = summed(x.from[clamped(cell) * x.in + i]); });
  each_unit<1>(x.units, width, [&](int i, int cell) {
    leaked[i * width + cell] = summed(stored<E>(x.decay[i] * x.kept[clamped(cell) * x.units + i]));
  });
  __syncthreads();

  each_unit<kCells>(x.hidden, width, [&](int i, int cell) {
    S sums[1][kCells];
#pragma unroll
    for (S& sum : sums[0]) sum = x.bias[i];
    add_products(given + cell, width, x.kernel, x.in, x.hidden, i, sums);
    add_products(leaked + cell, width, x.recurrent, x.units, x.hidden, i, sums);
#pragma unroll
    for (int q = 0; q < kCells; ++q) hidden[i * width + cell + q] = summed(stored<E>(relu(sums[0][q])));
  });
  __syncthreads();

  each_unit<kCells>(x.units, width, [&](int i, int cell) {
    S sums[1][kCells];
#pragma unroll
    for (S& sum : sums[0]) sum = x.update_bias[i];
    add_products(hidden + cell, width, x.update, x.hidden, x.units, i, sums);
    const S decay = x.decay[i], gain = x.gain[i];
#pragma unroll
    for (int q = 0; q < kCells; ++q) {
      if (first + cell + q >= x.cells) continue;
      const std::int64_t at = static_cast<std::int64_t>(first + cell + q) * x.units + i;
      const S m = decay * x.kept[at] + gain * galvani::tanh(sums[0][q]);
      x.kept[at] = m;
      x.to[at] = stored<E>(m);
    }
  });
}

template <class E>
__device__ void elm(const Elm<E>& x, Sum<E>* shared) {
  if (x.cells_of_block == 1) elm_of<E, 1>(x, shared);
  else elm_of<E, kUnitCells>(x, shared);
}

}  // namespace galvani::surrogate
