// cable_f64: the direct engine in float64, the reference. What a step does and how cells lie: step.h, cable.h.
//
//   entry               grid             block                 shared memory of a block, bytes
//   cable_level_*       [packs]          32…256, a pack of P   P·(8·(3·nodes + 3·pools + sources) + 8·gates)
//   cable_stream_*      [packs]          32…256, a pack of P   P·8·(3·nodes + 3·pools + sources)
//   cable_thread_*      [packs]          P = 128               none
//   cable_sample_*      [packs]          max(32, P)            none: the present, for a recording that begins
//   cable_traits_*, cable_fields_*, cable_tables_*, cable_lifetimes_*, cable_geometry_*, cable_voltages_*,
//   cable_states_*      ceil(items/128)  128                   none: once a population
//
//   bytes    a compartment-step with hh: 224 of shared memory (v, d, r 22 values of 8; gates 6 of 8); of device memory, once an
//            interval, 64
//   flops    a compartment-step with hh: about 200 for gates and currents, 20 for the solve
//   a multiprocessor has 164 KiB of shared memory on sm_80, 100 on sm_86, sm_89 and sm_120, 228 on sm_90 and sm_100
//
//   registers (+ bytes spilled)              sm_80     sm_86     sm_89     sm_90    sm_100    sm_120    static shared memory, B
//     cable_fields_f64                          56        63        63        64    56+16B        64         0
//     cable_geometry_f64                        31        31        31        31        31        34         0
//     cable_level_f64                          106       106       106       112       112       124         0
//     cable_lifetimes_f64                       56        48        48        56        48        48         0
//     cable_sample_f64                          55        48        48        56        56        52         0
//     cable_states_f64                          64        64        64        64        63    56+40B         0
//     cable_stream_f64                         102       102       102       108       108       110         0
//     cable_tables_f64                          40        40        40        40        40        36         0
//     cable_thread_f64                         114       114       114       116       118       120         0
//     cable_traits_f64                          18        18        18        18        18        18         0
//     cable_voltages_f64                        18        18        18        18        18        18         0
//
// Arguments are the structures of cable.h, by value; nothing is aliased. Arrays are read and written by the pack that owns them; the
// counters of Interval by all, atomically.
#include "cable/entries.h"

GALVANI_CABLE(f64, double, double, 2)
GALVANI_CABLE_KERNELS(f64)
