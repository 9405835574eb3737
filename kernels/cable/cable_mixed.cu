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
//   registers, spills and occupancy of each entry on sm_80 to sm_120: kernels/ptx/registers.csv; what a multiprocessor's shared memory
//            holds there: 164 KiB of sm_80, 100 of sm_86, sm_89 and sm_120, 228 of sm_90 and sm_100
//
// Arguments are the structures of cable.h, by value; nothing is aliased. Arrays are read and written by the pack that owns them; the
// counters of Interval by all, atomically.
#include "cable/entries.h"

GALVANI_CABLE(mixed, float, double, 3)
GALVANI_CABLE_KERNELS(mixed)
