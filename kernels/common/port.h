// The only place that knows which compiler reads the kernels.
#pragma once

#if defined(__CUDACC__)
#define GALVANI_FN __host__ __device__ __forceinline__
#define GALVANI_LAMBDA  // a lambda runs where the function around it does
// Declares `T* name`: the shared memory whose bytes the launch states, aligned to 16.
#define GALVANI_SHARED_DYNAMIC(T, name)                                       \
  extern __shared__ __align__(16) unsigned char galvani_shared_dynamic_[];     \
  T* const name = reinterpret_cast<T*>(galvani_shared_dynamic_)
// Ends a .cu file, once for each entry: the emulated driver lists them by it.
#define GALVANI_KERNEL(name)
#else  // for kernels, native/emulator/language.h brings the two above and the words of CUDA C++
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
