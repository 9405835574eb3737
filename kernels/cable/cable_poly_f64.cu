// cable_poly_f64: the steps of cable_f64 with polynomial rates (cubics.h). What a step does and how cells lie: step.h, cable.h.
//
//   entry                  grid        block                 shared memory of a block, bytes
//   cable_level_poly_*     [packs]     32…256, a pack of P   P·(8·(3·nodes + 3·pools + sources) + 8·gates)
//   cable_stream_poly_*    [packs]     32…256, a pack of P   P·8·(3·nodes + 3·pools + sources)
//   cable_thread_poly_*    [packs]     P = 128               none
//
//   bytes    as in cable_f64.cu; and of each gate and step 32 of its cubics, 2 to 4 KiB a gate, through the first cache
//   flops    a compartment-step with hh: about 80 for gates and currents, 20 for the solve
//
//   registers (+ bytes spilled)              sm_80     sm_86     sm_89     sm_90    sm_100    sm_120    static shared memory, B
//     cable_level_poly_f64                      94        96        96       106       106       114         0
//     cable_stream_poly_f64                     92        92        92       105       106       110         0
//     cable_thread_poly_f64                    102       103       103       112       112       112         0
//
// Arguments are those of cable_f64.cu.
#include "cable/entries.h"

GALVANI_CABLE_STEPS(poly, poly_f64, double, double, 2)
GALVANI_CABLE_STEP_KERNELS(poly_f64)
