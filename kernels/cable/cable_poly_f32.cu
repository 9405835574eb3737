// cable_poly_f32: the steps of cable_f32 with polynomial rates (cubics.h). What a step does and how cells lie: step.h, cable.h.
//
//   entry                  grid        block                 shared memory of a block, bytes
//   cable_level_poly_*     [packs]     32…256, a pack of P   P·(4·(3·nodes + 3·pools + sources) + 4·gates)
//   cable_stream_poly_*    [packs]     32…256, a pack of P   P·4·(3·nodes + 3·pools + sources)
//   cable_thread_poly_*    [packs]     P = 128               none
//
//   bytes    as in cable_f32.cu; and of each gate and step 32 of its cubics, 2 to 4 KiB a gate, through the first cache
//   flops    a compartment-step with hh: about 80 for gates and currents, 20 for the solve
//
//   registers (+ bytes spilled)              sm_80     sm_86     sm_89     sm_90    sm_100    sm_120    static shared memory, B
//     cable_level_poly_f32                      79        78        78        79        80        80         0
//     cable_stream_poly_f32                     80        82        82        94        88       106         0
//     cable_thread_poly_f32                     98        98        98        98        95       100         0
//
// Arguments are those of cable_f32.cu.
#include "cable/entries.h"

GALVANI_CABLE_STEPS(poly, poly_f32, float, float, 3)
GALVANI_CABLE_STEP_KERNELS(poly_f32)
