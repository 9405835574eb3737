// The kernels of one precision: GALVANI_CABLE(name, G, S, blocks) in a .cu file of its own, and after it GALVANI_CABLE_KERNELS(name). Its
// steps with polynomial rates: GALVANI_CABLE_STEPS(poly, poly_name, …) in another, as the driver compiles a file as a whole.
// blocks: of cable_level on a multiprocessor, as many as registers suffice for without spills.
#pragma once

#include "cable/setup.h"
#include "cable/step.h"

// cable_<strategy>_<name>; rates, lanes and cells: step.h.
#define GALVANI_CABLE_STEP(strategy, rates, lanes, cells, name, G, S, threads, blocks)                                    \
  extern "C" __global__ void __launch_bounds__(threads, blocks)                                                           \
      cable_##strategy##_##name(const galvani::cable::Model<G, S> model, const galvani::cable::Interval<S> interval) {    \
    using namespace galvani::cable;                                                                                       \
    GALVANI_SHARED_DYNAMIC(unsigned char, shared);                                                                        \
    Pack<Strategy::strategy, Rates::rates, lanes, cells, G, S>(model, interval, shared).run();                            \
  }

#define GALVANI_CABLE_STEPS(rates, name, G, S, blocks)                                                                    \
  GALVANI_CABLE_STEP(level, rates, 0, 0, name, G, S, 256, blocks)                                                         \
  GALVANI_CABLE_STEP(stream, rates, 0, 0, name, G, S, 256, 2)                                                             \
  GALVANI_CABLE_STEP(thread, rates, 0, 0, name, G, S, 128, 4)

#define GALVANI_CABLE_STEP_KERNELS(name)                                                                                  \
  GALVANI_KERNEL(cable_level_##name)                                                                                      \
  GALVANI_KERNEL(cable_stream_##name)                                                                                     \
  GALVANI_KERNEL(cable_thread_##name)

#define GALVANI_CABLE(precision, G, S, blocks)                                                                            \
  GALVANI_CABLE_STEPS(exact, precision, G, S, blocks)                                                                     \
  extern "C" __global__ void __launch_bounds__(128)                                                                       \
      cable_sample_##precision(const galvani::cable::Model<G, S> model, const galvani::cable::Interval<S> interval) {     \
    using namespace galvani::cable;                                                                                       \
    Pack<Strategy::none, Rates::exact, 0, 0, G, S>(model, interval, nullptr).sample_present();                            \
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
  GALVANI_CABLE_STEP_KERNELS(precision)                                                                                   \
  GALVANI_KERNEL(cable_sample_##precision)                                                                                \
  GALVANI_KERNEL(cable_traits_##precision)                                                                                \
  GALVANI_KERNEL(cable_fields_##precision)                                                                                \
  GALVANI_KERNEL(cable_tables_##precision)                                                                                \
  GALVANI_KERNEL(cable_lifetimes_##precision)                                                                             \
  GALVANI_KERNEL(cable_geometry_##precision)                                                                              \
  GALVANI_KERNEL(cable_voltages_##precision)                                                                              \
  GALVANI_KERNEL(cable_states_##precision)
