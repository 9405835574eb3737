// The kernels of one precision: GALVANI_SURROGATE(name, E) in a .cu file of its own, and after it GALVANI_SURROGATE_KERNELS(name). Where
// tensor cores take its numbers also GALVANI_SURROGATE_PRODUCTS(mma_name, E, TensorCore<E>) and GALVANI_SURROGATE_PRODUCT_KERNELS(mma_name).
#pragma once

#include "surrogate/stream.h"
#include "surrogate/tensor.h"

#define GALVANI_SURROGATE_ENTRY(name, precision, Argument, threads, call)                                                   \
  extern "C" __global__ void __launch_bounds__(threads) surrogate_##name##_##precision(const galvani::surrogate::Argument x) { \
    call;                                                                                                                   \
  }

// Those whose launch states their shared memory.
#define GALVANI_SURROGATE_SHARED_ENTRY(name, precision, E, Argument, function)                                              \
  extern "C" __global__ void __launch_bounds__(256) surrogate_##name##_##precision(const galvani::surrogate::Argument<E> x) { \
    GALVANI_SHARED_DYNAMIC(galvani::Sum<E>, shared);                                                                        \
    galvani::surrogate::function(x, shared);                                                                                \
  }

// Those that multiply by tiles, with a core.
#define GALVANI_SURROGATE_PRODUCTS(suffix, E, Core)                                                                         \
  GALVANI_SURROGATE_ENTRY(columns, suffix, Columns<E>, 128, (galvani::surrogate::columns<E, Core>(x)))                      \
  GALVANI_SURROGATE_ENTRY(ahead, suffix, Projection<E>, 128, (galvani::surrogate::ahead<E, Core>(x)))                       \
  GALVANI_SURROGATE_ENTRY(project, suffix, Projection<E>, 128, (galvani::surrogate::project<E, Core>(x)))                   \
  GALVANI_SURROGATE_ENTRY(matrix, suffix, Matrix<E>, 128, (galvani::surrogate::matrix<E, Core>(x)))

#define GALVANI_SURROGATE(precision, E)                                                                                     \
  GALVANI_SURROGATE_ENTRY(receive, precision, Receive<galvani::Sum<E>>, 128, galvani::surrogate::receive(x))                \
  GALVANI_SURROGATE_ENTRY(sample, precision, Sample<E>, 128, galvani::surrogate::sample(x))                                 \
  GALVANI_SURROGATE_ENTRY(sparse, precision, Sparse<E>, 128, galvani::surrogate::sparse(x))                                 \
  GALVANI_SURROGATE_PRODUCTS(precision, E, galvani::surrogate::Simt<E>)                                                     \
  GALVANI_SURROGATE_ENTRY(window, precision, Window<E>, 128, galvani::surrogate::window(x))                                 \
  GALVANI_SURROGATE_SHARED_ENTRY(lstm, precision, E, Lstm, lstms)                                                           \
  GALVANI_SURROGATE_SHARED_ENTRY(elm, precision, E, Elm, elm)                                                               \
  GALVANI_SURROGATE_ENTRY(traces, precision, Traces<E>, 128, galvani::surrogate::traces(x))                                 \
  GALVANI_SURROGATE_ENTRY(repeat, precision, Steps<E>, 128, galvani::surrogate::repeat(x))                                  \
  GALVANI_SURROGATE_ENTRY(mean, precision, Steps<E>, 128, galvani::surrogate::mean(x))                                      \
  GALVANI_SURROGATE_ENTRY(newest, precision, Steps<E>, 128, galvani::surrogate::newest(x))                                  \
  GALVANI_SURROGATE_ENTRY(conclude, precision, Conclude<E>, 128, galvani::surrogate::conclude(x))

#define GALVANI_SURROGATE_PRODUCT_KERNELS(suffix)                                                                           \
  GALVANI_KERNEL(surrogate_columns_##suffix)                                                                                \
  GALVANI_KERNEL(surrogate_ahead_##suffix)                                                                                  \
  GALVANI_KERNEL(surrogate_project_##suffix)                                                                                \
  GALVANI_KERNEL(surrogate_matrix_##suffix)

#define GALVANI_SURROGATE_KERNELS(precision)                                                                                \
  GALVANI_KERNEL(surrogate_receive_##precision)                                                                             \
  GALVANI_KERNEL(surrogate_sample_##precision)                                                                              \
  GALVANI_KERNEL(surrogate_sparse_##precision)                                                                              \
  GALVANI_SURROGATE_PRODUCT_KERNELS(precision)                                                                              \
  GALVANI_KERNEL(surrogate_window_##precision)                                                                              \
  GALVANI_KERNEL(surrogate_lstm_##precision)                                                                                \
  GALVANI_KERNEL(surrogate_elm_##precision)                                                                                 \
  GALVANI_KERNEL(surrogate_traces_##precision)                                                                              \
  GALVANI_KERNEL(surrogate_repeat_##precision)                                                                              \
  GALVANI_KERNEL(surrogate_mean_##precision)                                                                                \
  GALVANI_KERNEL(surrogate_newest_##precision)                                                                              \
  GALVANI_KERNEL(surrogate_conclude_##precision)
