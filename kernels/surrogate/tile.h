// A tile of a product of matrices, computed by the threads of a block: c = start + Σ_k a(row, k) · b[k][column].
//
// 64 rows × 64 columns; the depth is taken 16 at a time through shared memory, of which one half is multiplied while the other is
// filled. A Core multiplies what lies there: Simt in the units for single numbers, TensorCore (tensor.h) in those for matrices. Rows and
// columns beyond the matrix are computed and dropped; a warp whose rows are all beyond does not multiply.
//
// A sum adds products from the first k to the last, whatever the launch.
#pragma once

#include "surrogate/layers.h"

namespace galvani::surrogate {

inline constexpr int kTileRows = 64, kTileColumns = 64, kTileDepth = 16, kTileThreads = 128;

// A thread has 8 rows × 4 columns.
template <class E>
class Simt {
 public:
  using S = Sum<E>;
  struct __align__(16) Shared {
    union {
      struct {
        S a[2][kTileDepth][kTileRows + 4];  // 4 more, so that the transposing stores of a warp meet fewer banks twice
        S b[2][kTileDepth][kTileColumns];
      };
      S sums[kTileRows][kTileColumns];
    };
  };

  __device__ explicit Simt(Shared& shared) : shared_(shared) {}

  __device__ void put_a(int half, int row, int k, E x) { shared_.a[half][k][row] = summed(x); }
  __device__ void put_b(int half, int k, int column, E x) { shared_.b[half][k][column] = summed(x); }
  // The first row of the calling thread's warp.
  __device__ static int first_row() { return static_cast<int>(threadIdx.x) / 32 * 16; }

  __device__ void multiply(int half) {
#pragma unroll
    for (int k = 0; k < kTileDepth; ++k) {
      S a[kRows], b[kColumns];
#pragma unroll
      for (int i = 0; i < kRows; ++i) a[i] = shared_.a[half][k][row() + i];
#pragma unroll
      for (int j = 0; j < kColumns; ++j) b[j] = shared_.b[half][k][column() + j];
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
#pragma unroll
        for (int j = 0; j < kColumns; ++j) sums_[i][j] += a[i] * b[j];
      }
    }
  }

  // Calls f(row, column, sum&) for each sum of the calling thread.
  template <class F>
  __device__ void each(F f) {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
#pragma unroll
      for (int j = 0; j < kColumns; ++j) f(row() + i, column() + j, sums_[i][j]);
    }
  }

 private:
  static constexpr int kRows = 8, kColumns = 4;
  __device__ static int row() { return static_cast<int>(threadIdx.x) / 16 * kRows; }
  __device__ static int column() { return static_cast<int>(threadIdx.x) % 16 * kColumns; }

  Shared& shared_;
  S sums_[kRows][kColumns];
};

template <class E, class Core>
class Tile {
 public:
  using S = Sum<E>;

  // Block (x, y) of the grid has the tile of rows x and columns y.
  __device__ Tile(typename Core::Shared& shared, int rows, int columns)
      : shared_(shared), core_(shared), rows_(rows), columns_(columns),
        first_row_(static_cast<int>(blockIdx.x) * kTileRows), first_column_(static_cast<int>(blockIdx.y) * kTileColumns) {}

  // Each sum becomes f(row, column). Neighbouring threads call it for neighbouring columns; sums go through shared memory.
  template <class F>
  __device__ void set(F f) {
    __syncthreads();  // what lies there may still be read
    each_place([&](int row, int column, bool there, S& sum) { sum = there ? f(row, column) : S(0); });
    __syncthreads();
    core_.each([&](int i, int j, S& sum) { sum = shared_.sums[i][j]; });
  }

  // Calls f(row, column, sum) for each sum; likewise.
  template <class F>
  __device__ void each(F f) {
    __syncthreads();
    core_.each([&](int i, int j, S& sum) { shared_.sums[i][j] = sum; });
    __syncthreads();
    each_place([&](int row, int column, bool there, S sum) {
      if (there) f(row, column, sum);
    });
  }

  // Adds a product. source.row(r) says where row r is, source.at(that, k) is its number k; b: [depth][columns].
  template <class Source>
  __device__ void add(const Source& source, const E* b, int depth) {
    const int thread = static_cast<int>(threadIdx.x);
    const int k_of_a = thread % kTileDepth, row_of_a = thread / kTileDepth;
    const int column_of_b = thread % kTileColumns, k_of_b = thread / kTileColumns;
    const int column = first_column_ + column_of_b;
    typename Source::Row rows[kLoads];
#pragma unroll
    for (int i = 0; i < kLoads; ++i) rows[i] = source.row(min(first_row_ + row_of_a + i * kRowStride, rows_ - 1));
    E next_a[kLoads], next_b[kLoads];
    const auto load = [&](int k0) {
#pragma unroll
      for (int i = 0; i < kLoads; ++i) {
        const int k = k0 + k_of_b + i * kDepthStride;
        next_a[i] = k0 + k_of_a < depth ? source.at(rows[i], k0 + k_of_a) : E{};
        next_b[i] = k < depth && column < columns_ ? b[static_cast<std::int64_t>(k) * columns_ + column] : E{};
      }
    };
    const auto store = [&](int half) {
#pragma unroll
      for (int i = 0; i < kLoads; ++i) {
        core_.put_a(half, row_of_a + i * kRowStride, k_of_a, next_a[i]);
        core_.put_b(half, k_of_b + i * kDepthStride, column_of_b, next_b[i]);
      }
    };
    const bool multiplies = first_row_ + Core::first_row() < rows_;
    if (depth > 0) load(0);
    __syncthreads();  // what lies there may still be read
    for (int k0 = 0, half = 0; k0 < depth; k0 += kTileDepth, half ^= 1) {
      store(half);
      __syncthreads();
      if (k0 + kTileDepth < depth) load(k0 + kTileDepth);
      if (multiplies) core_.multiply(half);
    }
  }

 private:
  static constexpr int kLoads = kTileRows * kTileDepth / kTileThreads;  // of a thread, of each matrix
  static constexpr int kRowStride = kTileThreads / kTileDepth, kDepthStride = kTileThreads / kTileColumns;
  static_assert(kTileColumns == kTileRows && kTileThreads % kTileColumns == 0 && kTileThreads % kTileDepth == 0);

  // Calls f(row, column, whether the matrix has them, sum&) for each sum in shared memory.
  template <class F>
  __device__ void each_place(F f) {
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x); i < kTileRows * kTileColumns; i += kTileThreads) {
      const int row = first_row_ + i / kTileColumns, column = first_column_ + i % kTileColumns;
      f(row, column, row < rows_ && column < columns_, shared_.sums[i / kTileColumns][i % kTileColumns]);
    }
  }

  typename Core::Shared& shared_;
  Core core_;
  const int rows_, columns_, first_row_, first_column_;
};

}  // namespace galvani::surrogate
