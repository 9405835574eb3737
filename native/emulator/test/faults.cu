// Kernels for the tests of the emulator: some right, some with a fault planted. None is shipped; none has PTX by nvcc.
#include "common/port.h"

namespace {

constexpr unsigned kBlock = 128;  // threads

template <class R>
__device__ R warp_sum(R x) {
  for (unsigned delta = 16; delta > 0; delta /= 2) x += __shfl_down_sync(~0u, x, delta);
  return x;
}

// Left neighbour's value by way of shared memory. With barrier 0 the barrier between is missing.
template <class R, bool barrier>
__device__ void from_left(R* out) {
  __shared__ R tile[kBlock];
  const unsigned t = threadIdx.x;
  tile[t] = static_cast<R>(t);
  if constexpr (barrier) __syncthreads();
  out[blockIdx.x * blockDim.x + t] = t == 0 ? R(-1) : tile[t - 1];
}

struct Line { const float* x; double slope; int offset; };

}  // namespace

__constant__ float weights[4] = {1, 2, 4, 8};
__device__ unsigned visits;

// ---- right ones -----------------------------------------------------------------------------------------------------

// sum += Σ x: shuffles, shared memory, one atomic a block. Blocks of any number of threads.
extern "C" __global__ void __launch_bounds__(1024) sum_f64(const float* x, double* sum, int n) {
  __shared__ double of_warp[32];
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x, warp = threadIdx.x / 32, warps = (blockDim.x + 31) / 32;
  const unsigned lanes = blockDim.x - warp * 32;
  double mine = i < static_cast<unsigned>(n) ? x[i] : 0;
  for (unsigned delta = 16; delta > 0; delta /= 2) {
    const double other = __shfl_down_sync(~0u, mine, delta);
    if (threadIdx.x % 32 + delta < lanes) mine += other;
  }
  if (threadIdx.x % 32 == 0) of_warp[warp] = mine;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (unsigned w = 1; w < warps; ++w) mine += of_warp[w];
    atomicAdd(sum, mine);
  }
}

extern "C" __global__ void __launch_bounds__(kBlock) left_f32(float* out) { from_left<float, true>(out); }
extern "C" __global__ void __launch_bounds__(kBlock) left_f64(double* out) { from_left<double, true>(out); }

// Each thread's index in the grid, by x, y, z of blocks and threads.
extern "C" __global__ void __launch_bounds__(256) number_3d(unsigned* out) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const unsigned i = block * blockDim.x * blockDim.y * blockDim.z + thread;
  out[i] = i;
}

// Votes and shuffles of one warp: out[7][32].
extern "C" __global__ void __launch_bounds__(32) votes(unsigned* out) {
  const unsigned lane = threadIdx.x;
  out[lane] = __ballot_sync(~0u, lane % 3 == 0);
  out[32 + lane] = static_cast<unsigned>(__any_sync(~0u, lane == 5) + 2 * __all_sync(~0u, lane < 32) + 4 * __all_sync(~0u, lane < 31));
  const unsigned half = lane < 16 ? 0x0000ffffu : 0xffff0000u;  // each half for itself
  out[64 + lane] = __ballot_sync(half, lane % 2 == 0);
  out[96 + lane] = __shfl_up_sync(~0u, lane, 3);
  out[128 + lane] = __shfl_xor_sync(~0u, lane, 5);
  out[160 + lane] = __shfl_sync(~0u, lane, 9, 8);  // within segments of 8
  out[192 + lane] = static_cast<unsigned>(warp_sum(static_cast<float>(lane)));
}

// Barriers that count: out = (threads below n) + 1000·or + 2000·and.
extern "C" __global__ void __launch_bounds__(256) counts(int* out, int n) {
  const int below = static_cast<int>(threadIdx.x) < n;
  const int count = __syncthreads_count(below), any = __syncthreads_or(below), all = __syncthreads_and(below);
  if (threadIdx.x == 0) out[blockIdx.x] = count + 1000 * any + 2000 * all;
}

// Integer and floating-point atomics on six cells, and a variable of the module.
extern "C" __global__ void __launch_bounds__(64) atomics(int* i, unsigned* u, float* f, double* d) {
  const int t = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(i, t);
  atomicMax(i + 1, t);
  atomicMin(i + 2, -t);
  atomicCAS(i + 3, 0, 1);
  atomicAdd(u, 1u);
  atomicInc(u + 1, 9u);
  atomicAdd(f, 0.5f);
  atomicAdd(d, 0.25);
  atomicAdd(&visits, 1u);
}

// Reverses what lies in dynamic shared memory: n doubles.
extern "C" __global__ void __launch_bounds__(1024) reverse_dynamic(double* x, int n) {
  GALVANI_SHARED_DYNAMIC(double, tile);
  for (int i = static_cast<int>(threadIdx.x); i < n; i += static_cast<int>(blockDim.x)) tile[i] = x[i];
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < n; i += static_cast<int>(blockDim.x)) x[i] = tile[n - 1 - i];
}

// Parameters of many sizes: a struct, small integers, a constant.
extern "C" __global__ void __launch_bounds__(32)
    parameters(float* out, const Line line, short factor, bool negative, unsigned char which) {
  const float y = line.x[threadIdx.x] * static_cast<float>(line.slope) + static_cast<float>(line.offset);
  out[threadIdx.x] = y * factor * (negative ? -1 : 1) * weights[which];
}

// x[i] += 1 one thread after the other: what a warp does in order with __syncwarp.
extern "C" __global__ void __launch_bounds__(32) pass_on(int* out) {
  __shared__ int tile[32];
  const unsigned lane = threadIdx.x;
  tile[lane] = static_cast<int>(lane);
  __syncwarp();
  const int next = tile[(lane + 1) % 32];
  __syncwarp();
  tile[lane] = next;
  __syncwarp();
  out[lane] = tile[(lane + 1) % 32];
}

extern "C" __global__ void __launch_bounds__(256) add_one(int* x, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) x[i] += 1;
}

// ---- planted faults -------------------------------------------------------------------------------------------------

extern "C" __global__ void __launch_bounds__(kBlock) missing_barrier(float* out) { from_left<float, false>(out); }

extern "C" __global__ void __launch_bounds__(64) divergent_barrier(int* out) {
  if (threadIdx.x % 32 < 16) __syncthreads();
  out[threadIdx.x] = 1;
}

extern "C" __global__ void __launch_bounds__(64) two_barriers(int* out) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}

extern "C" __global__ void __launch_bounds__(64) barrier_and_warp(int* out) {
  if (threadIdx.x < 16) {
    __syncthreads();
  } else {
    __syncwarp();
  }
  out[threadIdx.x] = 1;
}

extern "C" __global__ void __launch_bounds__(32) foreign_mask(int* out) {
  out[threadIdx.x] = __shfl_sync(0x0000ffffu, static_cast<int>(threadIdx.x), 0);
}

// One beyond the end: by the array's name, by a pointer to it, in dynamic shared memory of 32 floats.
extern "C" __global__ void __launch_bounds__(32) beyond_static(float* out) {
  __shared__ float tile[32];
  tile[threadIdx.x + 1] = 1;
  __syncthreads();
  out[threadIdx.x] = tile[threadIdx.x];
}
extern "C" __global__ void __launch_bounds__(32) beyond_static_by_pointer(float* out) {
  __shared__ float tile[32];
  float* p = tile + threadIdx.x;
  p[1] = 1;
  __syncthreads();
  out[threadIdx.x] = *p;
}
extern "C" __global__ void __launch_bounds__(32) beyond_dynamic(float* out) {
  GALVANI_SHARED_DYNAMIC(float, tile);
  tile[threadIdx.x + 1] = 1;
  __syncthreads();
  out[threadIdx.x] = tile[threadIdx.x];
}

// out[offset + thread] = 1, wherever that is.
extern "C" __global__ void __launch_bounds__(1024) write_at(int* out, long long offset) { out[offset + threadIdx.x] = 1; }
extern "C" __global__ void __launch_bounds__(1024) read_at(const int* x, long long offset, int* out) {
  out[threadIdx.x] = x[offset + threadIdx.x];
}
extern "C" __global__ void __launch_bounds__(32) misaligned(char* x) { *reinterpret_cast<double*>(x + 4) = 1; }

// What was never written.
extern "C" __global__ void __launch_bounds__(32) uninitialised(float* out, const float* x) {
  __shared__ float tile[64];
  tile[threadIdx.x] = 1;
  out[threadIdx.x] = tile[threadIdx.x + 32];
  out[32 + threadIdx.x] = x[threadIdx.x];
}

// Lanes of a warp hand on a value with a shuffle in between, which orders no memory; with __syncwarp it would be right.
extern "C" __global__ void __launch_bounds__(32) missing_syncwarp(int* out) {
  __shared__ int tile[32];
  tile[threadIdx.x] = __shfl_xor_sync(~0u, static_cast<int>(threadIdx.x), 1);
  out[threadIdx.x] = tile[threadIdx.x ^ 1];
}

// Writes what another lane has read. The shuffle has it come later, under any schedule, but not for certain on a GPU.
extern "C" __global__ void __launch_bounds__(32) write_after_read(int* out) {
  __shared__ int tile[32];
  tile[threadIdx.x] = static_cast<int>(threadIdx.x);
  __syncthreads();
  out[threadIdx.x] = __shfl_xor_sync(~0u, tile[31 - threadIdx.x], 1);
  tile[threadIdx.x] = -1;
}

// Each block adds to one cell, not atomically; or reads what its neighbour writes.
extern "C" __global__ void __launch_bounds__(32) race_of_blocks(int* sum) {
  if (threadIdx.x == 0) *sum += 1;
}
extern "C" __global__ void __launch_bounds__(32) read_of_blocks(int* x) {
  if (threadIdx.x == 0) x[blockIdx.x] = x[(blockIdx.x + 1) % gridDim.x] + 1;
}
extern "C" __global__ void __launch_bounds__(32) atomic_and_read(int* sum) {
  const int sofar = atomicAdd(sum, 1);
  if (threadIdx.x == 0) sum[1] = *sum - sofar;
}
extern "C" __global__ void __launch_bounds__(32) write_and_atomic(int* sum) {
  if (threadIdx.x == 0) *sum = 0;
  __ballot_sync(~0u, 1);  // orders no memory
  atomicAdd(sum, 1);
}

extern "C" __global__ void __launch_bounds__(32) divides(int* out, int by) { out[threadIdx.x] = 77 / by; }
extern "C" __global__ void __launch_bounds__(32) traps(int* out) {
  if (threadIdx.x == 7) __trap();
  out[threadIdx.x] = 1;
}
extern "C" __global__ void __launch_bounds__(32) endless(int* out, int depth) {
  volatile int room[4096];
  room[threadIdx.x] = depth;
  if (depth >= 0) endless(out, depth + 1);
  out[threadIdx.x] = room[threadIdx.x];
}

GALVANI_KERNEL(sum_f64)
GALVANI_KERNEL(left_f32)
GALVANI_KERNEL(left_f64)
GALVANI_KERNEL(number_3d)
GALVANI_KERNEL(votes)
GALVANI_KERNEL(counts)
GALVANI_KERNEL(atomics)
GALVANI_KERNEL(reverse_dynamic)
GALVANI_KERNEL(parameters)
GALVANI_KERNEL(pass_on)
GALVANI_KERNEL(add_one)
GALVANI_KERNEL(missing_barrier)
GALVANI_KERNEL(divergent_barrier)
GALVANI_KERNEL(two_barriers)
GALVANI_KERNEL(barrier_and_warp)
GALVANI_KERNEL(foreign_mask)
GALVANI_KERNEL(beyond_static)
GALVANI_KERNEL(beyond_static_by_pointer)
GALVANI_KERNEL(beyond_dynamic)
GALVANI_KERNEL(write_at)
GALVANI_KERNEL(read_at)
GALVANI_KERNEL(misaligned)
GALVANI_KERNEL(uninitialised)
GALVANI_KERNEL(missing_syncwarp)
GALVANI_KERNEL(write_after_read)
GALVANI_KERNEL(race_of_blocks)
GALVANI_KERNEL(read_of_blocks)
GALVANI_KERNEL(atomic_and_read)
GALVANI_KERNEL(write_and_atomic)
GALVANI_KERNEL(divides)
GALVANI_KERNEL(traps)
GALVANI_KERNEL(endless)
