// CUDA C++ for g++: included before a .cu file (-include), it gives meaning to what nvcc knows by itself. What is missing here does not
// compile; add it.
#pragma once

#include <math.h>  // NOLINT: device code calls exp, not std::exp
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "emulator/twin.h"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_assume(condition) static_cast<void>(0)
// Thread-local, so that its address comes from __tls_get_addr, which storage.cpp defines: one copy for each block in flight.
#define __shared__ static __thread __attribute__((tls_model("global-dynamic")))

// As in common/port.h.
#define GALVANI_SHARED_DYNAMIC(T, name) T* const name = static_cast<T*>(galvani_dynamic_shared())
#define GALVANI_KERNEL(name)                                                                               \
  extern "C" __attribute__((visibility("default"))) const ::galvani::emulator::Entry galvani_entry_##name; \
  const ::galvani::emulator::Entry galvani_entry_##name = ::galvani::emulator::entry_of<&name>(&name);

// ---- threads --------------------------------------------------------------------------------------------------------

using uint3 = galvani::emulator::Extent;
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};
#define threadIdx (galvani::emulator::thread_index())
#define blockIdx (galvani::emulator::block_index())
#define blockDim (galvani::emulator::block_extent())
#define gridDim (galvani::emulator::grid_extent())
inline constexpr int warpSize = 32;

namespace galvani::emulator {

// What a thread knows of itself never changes (const), and is no access to memory (no_sanitize).
#define GALVANI_OF_THREAD __attribute__((const, no_sanitize("thread"))) inline
GALVANI_OF_THREAD Extent thread_index() { return galvani_thread->thread; }
GALVANI_OF_THREAD Extent block_index() { return galvani_thread->block; }
GALVANI_OF_THREAD Extent block_extent() { return galvani_thread->block_extent; }
GALVANI_OF_THREAD Extent grid_extent() { return galvani_thread->grid_extent; }
GALVANI_OF_THREAD int lane() { return static_cast<int>(galvani_thread->lane()); }
#undef GALVANI_OF_THREAD

// The place of a call that takes it as its last, defaulted argument.
struct Here : Place {
  Here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) : Place{file, line} {}
};

template <class F>
struct Signature;
template <class... A>
struct Signature<void (*)(A...)> {
  static constexpr Parameter parameters[sizeof...(A) + 1] = {{sizeof(A), alignof(A)}..., {}};
  template <void (*kernel)(A...), std::size_t... I>
  __attribute__((no_sanitize("thread"), always_inline)) static void unpack(void* const* arguments, std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_cv_t<A>*>(arguments[I])...);
  }
  template <void (*kernel)(A...)>
  __attribute__((no_sanitize("thread"))) static void call([[maybe_unused]] void* const* arguments) {
    unpack<kernel>(arguments, std::index_sequence_for<A...>());
  }
};

template <auto kernel, class... A>
constexpr Entry entry_of(void (*)(A...)) {
  using S = Signature<void (*)(A...)>;
  return {&S::template call<kernel>, S::parameters, sizeof...(A)};
}

template <class T>
__attribute__((no_sanitize("thread"))) inline T shuffle(unsigned mask, T value, int source, Place place) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  std::uint64_t bits = 0;
  memcpy(&bits, &value, sizeof value);
  bits = galvani_warp(WarpOperation::shuffle, mask, bits, static_cast<unsigned>(source), place);
  memcpy(&value, &bits, sizeof value);
  return value;
}

// An atomic operation: `change` of the old value is the new one; gives the old.
template <class T, class F>
__attribute__((no_sanitize("thread"), noipa)) T atomically(T* address, Place place, F change) {
  galvani_atomic(address, sizeof(T), place);
  const T old = *address;
  *address = change(old);
  return old;
}

}  // namespace galvani::emulator

// ---- barriers, warps ------------------------------------------------------------------------------------------------

inline void __syncthreads(galvani::emulator::Here here = {}) { galvani_barrier(false, here); }
inline int __syncthreads_count(int p, galvani::emulator::Here here = {}) {
  return static_cast<int>(galvani_barrier(p != 0, here).holding);
}
inline int __syncthreads_or(int p, galvani::emulator::Here here = {}) { return galvani_barrier(p != 0, here).holding > 0; }
inline int __syncthreads_and(int p, galvani::emulator::Here here = {}) {
  const auto [holding, arrived] = galvani_barrier(p != 0, here);
  return holding == arrived;
}
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
[[noreturn]] inline void __trap(galvani::emulator::Here here = {}) { galvani_trap("__trap()", here); }

inline void __syncwarp(unsigned mask = ~0u, galvani::emulator::Here here = {}) {
  galvani_warp(galvani::emulator::WarpOperation::sync, mask, 0, 0, here);
}
inline unsigned __ballot_sync(unsigned mask, int p, galvani::emulator::Here here = {}) {
  return static_cast<unsigned>(galvani_warp(galvani::emulator::WarpOperation::ballot, mask, p != 0, 0, here));
}
inline int __any_sync(unsigned mask, int p, galvani::emulator::Here here = {}) { return __ballot_sync(mask, p, here) != 0; }
inline int __all_sync(unsigned mask, int p, galvani::emulator::Here here = {}) { return __ballot_sync(mask, p == 0, here) == 0; }

// Lanes are counted within segments of `width`; one that would read beyond its own reads itself.
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, galvani::emulator::Here here = {}) {
  const int lane = galvani::emulator::lane();
  return galvani::emulator::shuffle(mask, value, (lane & -width) + (source & (width - 1)), here);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, galvani::emulator::Here here = {}) {
  const int lane = galvani::emulator::lane(), from = lane - static_cast<int>(delta);
  return galvani::emulator::shuffle(mask, value, from < (lane & -width) ? lane : from, here);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, galvani::emulator::Here here = {}) {
  const int lane = galvani::emulator::lane(), from = lane + static_cast<int>(delta);
  return galvani::emulator::shuffle(mask, value, from >= (lane & -width) + width ? lane : from, here);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int with, int width = 32, galvani::emulator::Here here = {}) {
  const int lane = galvani::emulator::lane(), from = lane ^ with;
  return galvani::emulator::shuffle(mask, value, from >= (lane & -width) + width ? lane : from, here);
}

template <class T>
T __reduce_add_sync(unsigned mask, T value, galvani::emulator::Here here = {}) {
  T sum = 0;
  for (int lane = 0; lane < 32; ++lane) {
    const T one = __shfl_sync(mask, value, lane, 32, here);
    if (mask >> lane & 1) sum += one;
  }
  return sum;
}

// ---- atomics --------------------------------------------------------------------------------------------------------

#define GALVANI_ATOMIC(name, changed)                                                                       \
  template <class T>                                                                                        \
  T name(T* p, std::type_identity_t<T> x, galvani::emulator::Here here = {}) {                              \
    return galvani::emulator::atomically(p, here, [x](T old) { return static_cast<T>(changed); }); \
  }
GALVANI_ATOMIC(atomicAdd, old + x)
GALVANI_ATOMIC(atomicSub, old - x)
GALVANI_ATOMIC(atomicMin, x < old ? x : old)
GALVANI_ATOMIC(atomicMax, old < x ? x : old)
GALVANI_ATOMIC(atomicAnd, old & x)
GALVANI_ATOMIC(atomicOr, old | x)
GALVANI_ATOMIC(atomicXor, old ^ x)
GALVANI_ATOMIC(atomicExch, (static_cast<void>(old), x))
GALVANI_ATOMIC(atomicInc, old >= x ? 0 : old + 1)
#undef GALVANI_ATOMIC
template <class T>
T atomicCAS(T* p, std::type_identity_t<T> expected, std::type_identity_t<T> x, galvani::emulator::Here here = {}) {
  return galvani::emulator::atomically(p, here, [=](T old) { return old == expected ? x : old; });
}

// ---- memory and arithmetic ------------------------------------------------------------------------------------------

template <class T>
T __ldg(const T* p) { return *p; }
template <class T>
T __ldcg(const T* p) { return *p; }
template <class T>
T __ldcs(const T* p) { return *p; }
template <class T>
void __stcg(T* p, std::type_identity_t<T> x) { *p = x; }
template <class T>
void __stcs(T* p, std::type_identity_t<T> x) { *p = x; }

using std::max;
using std::min;

inline float rsqrtf(float x) { return 1 / sqrtf(x); }
inline double rsqrt(double x) { return 1 / sqrt(x); }
inline float __expf(float x) { return expf(x); }
inline float __exp2f(float x) { return exp2f(x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __fdividef(float x, float y) { return x / y; }
inline float __frcp_rn(float x) { return 1 / x; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frsqrt_rn(float x) { return 1 / sqrtf(x); }
inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
inline float __saturatef(float x) { return x > 0 ? x < 1 ? x : 1.0f : 0.0f; }  // NaN gives 0
inline double __drcp_rn(double x) { return 1 / x; }
inline double __ddiv_rn(double x, double y) { return x / y; }
inline double __fma_rn(double x, double y, double z) { return fma(x, y, z); }
// Not contracted into a multiply-add.
__attribute__((optimize("fp-contract=off"), noinline)) inline float __fadd_rn(float x, float y) { return x + y; }
__attribute__((optimize("fp-contract=off"), noinline)) inline float __fmul_rn(float x, float y) { return x * y; }
__attribute__((optimize("fp-contract=off"), noinline)) inline double __dadd_rn(double x, double y) { return x + y; }
__attribute__((optimize("fp-contract=off"), noinline)) inline double __dmul_rn(double x, double y) { return x * y; }

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
inline unsigned __brev(unsigned x) {
  unsigned reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= (x >> bit & 1) << (31 - bit);
  return reversed;
}
inline unsigned __umulhi(unsigned x, unsigned y) { return static_cast<unsigned>(static_cast<unsigned long long>(x) * y >> 32); }
inline int __float2int_rn(float x) { return static_cast<int>(nearbyintf(x)); }
inline int __float2int_rd(float x) { return static_cast<int>(floorf(x)); }
inline int __double2int_rn(double x) { return static_cast<int>(nearbyint(x)); }
inline int __double2int_rd(double x) { return static_cast<int>(floor(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline double __int2double_rn(int x) { return x; }
inline int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
inline unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
inline float __int_as_float(int x) { return __builtin_bit_cast(float, x); }
inline float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }
inline long long __double_as_longlong(double x) { return __builtin_bit_cast(long long, x); }
inline double __longlong_as_double(long long x) { return __builtin_bit_cast(double, x); }

#define GALVANI_VECTORS(type, name)                                                          \
  struct __align__(2 * sizeof(type)) name##2 { type x, y; };                                 \
  struct name##3 { type x, y, z; };                                                          \
  struct __align__(4 * sizeof(type) > 16 ? 16 : 4 * sizeof(type)) name##4 { type x, y, z, w; }; \
  inline name##2 make_##name##2(type x, type y) { return {x, y}; }                           \
  inline name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; }                \
  inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }
GALVANI_VECTORS(float, float)
GALVANI_VECTORS(double, double)
GALVANI_VECTORS(int, int)
#undef GALVANI_VECTORS
struct __align__(8) uint2 { unsigned x, y; };
struct __align__(16) uint4 { unsigned x, y, z, w; };
