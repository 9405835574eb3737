// A tile's products in the units for matrices (tensor cores): of BFloat16, or of float32 rounded to TF32, 10 bits of fraction, which is
// not float32: it is computed only where somebody asks for it. Sums are float32.
#pragma once

#include "common/mma.h"
#include "surrogate/tile.h"

namespace galvani::surrogate {

// 4 warps of 32 rows × 32 columns each, made of 2 × 4 products of 16 × 8 sums.
template <class E>
class TensorCore {
 public:
  using S = Sum<E>;
  using Number = std::conditional_t<sizeof(E) == 2, E, unsigned>;
  static constexpr int kInWord = 4 / static_cast<int>(sizeof(Number));
  static constexpr int kPitch = kTileDepth + 4 * kInWord;  // so that the lanes of a warp read from 32 banks
  struct __align__(16) Shared {
    union {
      struct {
        Number a[2][kTileRows][kPitch];
        Number b[2][kTileColumns][kPitch];
      };
      S sums[kTileRows][kTileColumns];
    };
  };

  __device__ explicit TensorCore(Shared& shared) : shared_(shared) {}

  __device__ void put_a(int half, int row, int k, E x) { shared_.a[half][row][k] = number(x); }
  __device__ void put_b(int half, int k, int column, E x) { shared_.b[half][column][k] = number(x); }
  __device__ static int first_row() { return static_cast<int>(threadIdx.x) / 64 * 32; }

  __device__ void multiply(int half) {
    __syncwarp();  // lanes may have gone apart while they loaded, and multiply as one
#pragma unroll
    for (int word = 0; word < kTileDepth / kInWord; word += 8) {
      unsigned a[2][4], b[4][2];
#pragma unroll
      for (int m = 0; m < 2; ++m) {
#pragma unroll
        for (int i = 0; i < 4; ++i) a[m][i] = words(shared_.a[half][row(m, i % 2)])[word + lane() % 4 + i / 2 * 4];
      }
#pragma unroll
      for (int n = 0; n < 4; ++n) {
#pragma unroll
        for (int i = 0; i < 2; ++i) b[n][i] = words(shared_.b[half][first_column() + n * 8 + lane() / 4])[word + lane() % 4 + i * 4];
      }
#pragma unroll
      for (int m = 0; m < 2; ++m) {
#pragma unroll
        for (int n = 0; n < 4; ++n) {
          if constexpr (kInWord == 2) multiply_add_bf16(sums_[m][n], a[m], b[n]);
          else multiply_add_tf32(sums_[m][n], a[m], b[n]);
        }
      }
    }
  }

  template <class F>
  __device__ void each(F f) {
#pragma unroll
    for (int m = 0; m < 2; ++m) {
#pragma unroll
      for (int n = 0; n < 4; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) f(row(m, i / 2), first_column() + n * 8 + lane() % 4 * 2 + i % 2, sums_[m][n][i]);
      }
    }
  }

 private:
  __device__ static Number number(E x) {
    if constexpr (kInWord == 2) return x;
    else return as_tf32(x);
  }
  __device__ static int lane() { return static_cast<int>(threadIdx.x) % 32; }
  __device__ static int row(int m, int half) { return first_row() + m * 16 + half * 8 + lane() / 4; }
  __device__ static int first_column() { return static_cast<int>(threadIdx.x) / 32 % 2 * 32; }
  __device__ static const unsigned* words(const Number* row) { return reinterpret_cast<const unsigned*>(row); }

  Shared& shared_;
  float sums_[2][4][4];
};

}  // namespace galvani::surrogate
