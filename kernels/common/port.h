// The only place that knows which compiler reads the kernels.
#pragma once

#if defined(__CUDACC__)
#define GALVANI_FN __host__ __device__ __forceinline__
#define GALVANI_LAMBDA  // a lambda runs where the function around it does
// Ends a .cu file, once for each entry: the emulated driver lists them by it.
#define GALVANI_KERNEL(name)
#else
#define GALVANI_FN inline __attribute__((always_inline))
#define GALVANI_LAMBDA __attribute__((always_inline))
#endif
#define GALVANI_LIKELY(condition) __builtin_expect(condition, true)

namespace galvani {

// The scalar type that a value type is made of: float or double for scalars, its lane for a SIMD pack.
template <class R>
struct LaneOf { using type = typename R::Lane; };
template <>
struct LaneOf<float> { using type = float; };
template <>
struct LaneOf<double> { using type = double; };
template <class R>
using Lane = typename LaneOf<R>::type;

}  // namespace galvani
