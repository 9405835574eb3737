// What the portable driver of surrogates (surrogate.cpp) and the code of one ISA (layers_isa.cpp) agree on.
//
// A row is the numbers of one column, step or cell; rows begin at multiples of 64 bytes of sums. Matrices are packed in panels: as many
// columns side by side as a row of a tile in registers holds.
//
//   weights [panel][group of the depth][column of the panel][number of the group]
//
// The columns of an LSTM's gates stand unit by unit, in blocks of one cache line: [block of units][i f c o][unit of the block].
#pragma once

#include <cstddef>
#include <cstdint>

#include "surrogate/layers.h"

namespace galvani {

// Numbers that one instruction multiplies and adds up for each sum.
template <class E>
inline constexpr int kGroup = sizeof(E) == 2 ? 2 : 1;

// Sums in a cache line: rows are whole ones.
template <class E>
inline constexpr int kBlock = 64 / static_cast<int>(sizeof(Sum<E>));

// c[r][j] = start[r][j] + Σ_k a[r][k] · b[k][j]
template <class E>
struct Product {
  std::int64_t rows;
  const E* const* a;
  const Sum<E>* const* start;  // may be c
  Sum<E>* const* c;
  int depth;                   // k; whole groups
  const E* b;
  int columns;                 // of b; whole blocks
  int from, to;                // the columns that are wanted; whole panels, or to the end
};

// y = scale · activation(x) + shift, over whole blocks; scale and shift may be null.
template <class E>
struct Finish {
  Activation activation;
  const Sum<E>*scale, *shift;
};

template <class E>
struct LayerKernels {
  using S = Sum<E>;
  int panel;  // columns
  void (*multiply)(const Product<E>&);
  void (*finish)(const Finish<E>&, int n, const S* x, E* y);
  void (*finish_sums)(const Finish<E>&, int n, const S* x, S* y);
  void (*lstm)(int blocks, const S* gates, S* c, E* h);
  // y += Σ_i x[i] · rows[i] over the x that are not 0, of so many, which whole blocks hold; rows are `stride` apart, n of each are added.
  void (*gather)(int count, const S* x, const S* rows, int stride, int n, S* y);
  void (*leak)(int n, const S* decay, const E* x, S* y, E* stored);     // y = decay · y + x, and as it is stored; x may be null
  void (*accumulate)(int n, const S* x, S* y, E* stored);               // y += x, likewise
};

template <class E>
const LayerKernels<E>& layer_kernels(int isa);

}  // namespace galvani
