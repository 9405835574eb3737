// The kernels of one precision: GALVANI_CABLE(name, G, S, blocks) in a .cu file of its own, and after it GALVANI_CABLE_KERNELS(name).
// blocks: of cable_level on a multiprocessor, as many as registers suffice for without spills.
#pragma once

#include "cable/setup.h"
#include "cable/step.h"

#define GALVANI_CABLE_STEP(strategy, precision, G, S, threads, blocks)                                                    \
  extern "C" __global__ void __launch_bounds__(threads, blocks)                                                           \
      cable_##strategy##_##precision(const galvani::cable::Model<G, S> model, const galvani::cable::Interval<S> interval) {\
    GALVANI_SHARED_DYNAMIC(unsigned char, shared);                                                                        \
    galvani::cable::Pack<galvani::cable::Strategy::strategy, G, S>(model, interval, shared).run();                        \
  }

#define GALVANI_CABLE(precision, G, S, blocks)                                                                            \
  GALVANI_CABLE_STEP(level, precision, G, S, 256, blocks)                                                                 \
  GALVANI_CABLE_STEP(stream, precision, G, S, 256, 2)                                                                     \
  GALVANI_CABLE_STEP(thread, precision, G, S, 128, 4)                                                                     \
  extern "C" __global__ void __launch_bounds__(128)                                                                       \
      cable_sample_##precision(const galvani::cable::Model<G, S> model, const galvani::cable::Interval<S> interval) {     \
    galvani::cable::Pack<galvani::cable::Strategy::none, G, S>(model, interval, nullptr).sample_present();                \
  }                                                                                                                       \
  extern "C" __global__ void __launch_bounds__(128) cable_traits_##precision(galvani::cable::Traits* traits) {            \
    galvani::cable::describe<G>(traits);                                                                                  \
  }                                                                                                                       \
  extern "C" __global__ void __launch_bounds__(128) cable_fields_##precision(                                             \
      const galvani::cable::Model<G, S> model, const galvani::cable::Description x, int group, long long count) {         \
    galvani::cable::make_fields(model, x, group, count);                                                                  \
  }                                                                                                                       \
  extern "C" __global__ void __launch_bounds__(128)                                                                       \
      cable_tables_##precision(const galvani::cable::Model<G, S> model, int group, long long count) {                     \
    galvani::cable::make_tables(model, group, count);                                                                     \
  }                                                                                                                       \
  extern "C" __global__ void __launch_bounds__(128) cable_lifetimes_##precision(                                          \
      const galvani::cable::Model<G, S> model, const galvani::cable::Description x, int group, double* lifetime, long long count) {\
    galvani::cable::make_lifetimes(model, x, group, lifetime, count);                                                     \
  }                                                                                                                       \
  extern "C" __global__ void __launch_bounds__(128) cable_geometry_##precision(                                           \
      const galvani::cable::Model<G, S> model, const galvani::cable::Description x, long long count) {                    \
    galvani::cable::make_geometry(model, x, count);                                                                       \
  }                                                                                                                       \
  extern "C" __global__ void __launch_bounds__(128) cable_voltages_##precision(const galvani::cable::Model<G, S> model,   \
                                                                               long long count) {                         \
    galvani::cable::make_voltages(model, count);                                                                          \
  }                                                                                                                       \
  extern "C" __global__ void __launch_bounds__(128) cable_states_##precision(                                             \
      const galvani::cable::Model<G, S> model, const galvani::cable::Description x, int group, long long count) {         \
    galvani::cable::make_states(model, x, group, count);                                                                  \
  }

#define GALVANI_CABLE_KERNELS(precision)                                                                                  \
  GALVANI_KERNEL(cable_level_##precision)                                                                                 \
  GALVANI_KERNEL(cable_stream_##precision)                                                                                \
  GALVANI_KERNEL(cable_thread_##precision)                                                                                \
  GALVANI_KERNEL(cable_sample_##precision)                                                                                \
  GALVANI_KERNEL(cable_traits_##precision)                                                                                \
  GALVANI_KERNEL(cable_fields_##precision)                                                                                \
  GALVANI_KERNEL(cable_tables_##precision)                                                                                \
  GALVANI_KERNEL(cable_lifetimes_##precision)                                                                             \
  GALVANI_KERNEL(cable_geometry_##precision)                                                                              \
  GALVANI_KERNEL(cable_voltages_##precision)                                                                              \
  GALVANI_KERNEL(cable_states_##precision)
