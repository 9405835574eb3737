// probe: one elementary function over a range, for `galvani doctor` and the self-test: what the host can compute too.
//
//   grid   ceil(n / 256) blocks of 256 threads, a thread an element; no shared memory
//   bytes  2·sizeof(R) written an element, none read; about 40 flops
//
//   registers (+ bytes spilled)              sm_80     sm_86     sm_89     sm_90    sm_100    sm_120    static shared memory, B
//     probe_f32                                 14        14        14        14        14        14         0
//     probe_f64                                 16        16        16        18        18        16         0
//
//   exp_x, expm1_x  [n] out, not aliased: exp(x) and exp(x) − 1 at x = first + i·step
//   first, step     start and distance of the arguments; exact in the precision, so that every device has the same x
#include "common/math.h"

namespace {

template <class R>
__device__ void probe(R* exp_x, R* expm1_x, R first, R step, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= n) return;
  const R x = first + static_cast<R>(i) * step;
  exp_x[i] = galvani::exp(x);
  expm1_x[i] = galvani::expm1(x);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(256) probe_f32(float* exp_x, float* expm1_x, float first, float step, int n) {
  probe(exp_x, expm1_x, first, step, n);
}

extern "C" __global__ void __launch_bounds__(256) probe_f64(double* exp_x, double* expm1_x, double first, double step, int n) {
  probe(exp_x, expm1_x, first, step, n);
}

GALVANI_KERNEL(probe_f32)
GALVANI_KERNEL(probe_f64)
