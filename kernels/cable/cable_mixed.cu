// cable_mixed: the direct engine with gates, conductances and parameters in float32, voltages and the tree solve in float64. What a step
// does and how cells lie: step.h, cable.h.
//
//   entry               grid             block                 shared memory of a block, bytes
//   cable_level_*       [packs]          32…256, a pack of P   P·(8·(3·nodes + 3·pools + sources) + 4·gates)
//   cable_stream_*      [packs]          32…256, a pack of P   P·8·(3·nodes + 3·pools + sources)
//   cable_thread_*      [packs]          P = 128               none
//   cable_sample_*      [packs]          max(32, P)            none: the present, for a recording that begins
//   cable_traits_*, cable_fields_*, cable_tables_*, cable_lifetimes_*, cable_geometry_*, cable_voltages_*,
//   cable_states_*      ceil(items/128)  128                   none: once a population
//
//   bytes    a compartment-step with hh: 200 of shared memory (v, d, r 22 values of 8; gates 6 of 4); of device memory, once an
//            interval, 40
//   flops    a compartment-step with hh: about 200 for gates and currents, 20 for the solve
//   a multiprocessor has 164 KiB of shared memory on sm_80, 100 on sm_86, sm_89 and sm_120, 228 on sm_90 and sm_100
//
//   registers (+ bytes spilled)              sm_80     sm_86     sm_89     sm_90    sm_100    sm_120    static shared memory, B
//     cable_fields_mixed                        56        63        63        64    56+16B        64         0
//     cable_geometry_mixed                      31        31        31        31        31        34         0
//     cable_level_mixed                         80        80        80        79        80        80         0
//     cable_lifetimes_mixed                     56        48        48        56        48        48         0
//     cable_sample_mixed                        48        48        48        48        48        52         0
//     cable_states_mixed                        64        64        64        64        63        64         0
//     cable_stream_mixed                        86        86        86        90        90        96         0
//     cable_tables_mixed                        40        40        40        40        40        36         0
//     cable_thread_mixed                        98       100       100       104       100        96         0
//     cable_traits_mixed                        18        18        18        18        18        18         0
//     cable_voltages_mixed                      18        18        18        18        18        18         0
//
// Arguments are the structures of cable.h, by value; nothing is aliased. Arrays are read and written by the pack that owns them; the
// counters of Interval by all, atomically.
#include "cable/entries.h"

GALVANI_CABLE(mixed, float, double, 3)
GALVANI_CABLE_KERNELS(mixed)
