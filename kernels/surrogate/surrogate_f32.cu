// surrogate_f32: surrogates in float32. How arrays lie: surrogate.h; what a step does: window.h, head.h, stream.h; how matrices are
// multiplied: tile.h, tensor.h.
//
//   entry                          grid                                   block       shared memory of a block, bytes
//   surrogate_receive_*            64                                     128         none
//   surrogate_sample_*             ceil(cells·channels/128)               128         none
//   surrogate_sparse_*             [cells][ceil(out/128)]                 128         none
//   surrogate_columns_*            [ceil(cells/64)][ceil(out/64)][groups] 128         16896
//   surrogate_ahead_*              [ceil(cells·ahead/64)][ceil(out/64)]   128         16896
//   surrogate_project_*            [ceil(cells/64)][ceil(out/64)]         128         16896
//   surrogate_window_*             ceil(cells·window·in/128)              128         none
//   surrogate_matrix_*             [ceil(cells·steps/64)][ceil(out/64)]   128         16896
//   surrogate_lstm_*               ceil(cells/P)                          32…256      P·3·4·units, of all its LSTMs; P = 1, 8, 16 cells
//   surrogate_elm_*                ceil(cells/P)                          32…256      P·4·(in + units + hidden); likewise
//   surrogate_repeat_*, _mean_*    ceil(cells·numbers/128)                128         none
//   surrogate_newest_*, _traces_*  ceil(cells·numbers/128)                128         none
//   surrogate_conclude_*           ceil(cells/4), a warp a cell           128         none
//   surrogate_columns_mma_*, _ahead_mma_*, _project_mma_*, _matrix_mma_*: the same, in tensor cores, numbers rounded to TF32; 20480 bytes
//
//   bytes    of a layer with W weights, for 64 cells (a tile of rows): 4·W, through the caches; and of each cell, 4·(in + out). ahead:
//            once in `ahead` steps for 64/ahead cells, and project then for the columns that came since. lstm: 4·W a step for P cells, and elm
//   flops    of a cell 2·W, of lstm at each step; traces: 2 for each number; sparse: 2·out for each number that is not 0
//
//   registers (+ bytes spilled)              sm_80     sm_86     sm_89     sm_90    sm_100    sm_120    static shared memory, B
//     surrogate_ahead_f32                      115       113       113       113       113       113     16896
//     surrogate_ahead_mma_f32                  122       122       122       123       123       112     20480
//     surrogate_columns_f32                    165       167       167       167       167       157     16896
//     surrogate_columns_mma_f32                168       140       140       128       128    128+8B     20480
//     surrogate_conclude_f32                    38        38        38        38        38        37         0
//     surrogate_elm_f32                         47        46        46        48        47        48         0
//     surrogate_lstm_f32                        90        92        92        86        94        94         0
//     surrogate_matrix_f32                     123       127       127       127       127       127     16896
//     surrogate_matrix_mma_f32                 126       126       126       126       124       126     20480
//     surrogate_mean_f32                        32        40        40        32        32        40         0
//     surrogate_newest_f32                      16        16        16        22        22        20         0
//     surrogate_project_f32                    105       115       115       113       113       113     16896
//     surrogate_project_mma_f32                 96        94        94        94        94       108     20480
//     surrogate_receive_f32                     26        26        26        28        28        26         0
//     surrogate_repeat_f32                      26        26        26        26        26        24         0
//     surrogate_sample_f32                      24        24        24        24        24        26         0
//     surrogate_sparse_f32                      24        24        24        24        24        26         0
//     surrogate_traces_f32                      16        16        16        16        16        16         0
//     surrogate_window_f32                      28        28        28        28        28        26         0
//
// Arguments are the structures of surrogate.h, by value. Within a launch nothing that is written is read by another thread, but for
// kept sums, which the thread that wrote them reads, and what lstm and elm have in shared memory; `from` and `to`, `values` and `last` are
// not aliased.
#include "surrogate/entries.h"

GALVANI_SURROGATE(f32, float)
GALVANI_SURROGATE_PRODUCTS(mma_f32, float, galvani::surrogate::TensorCore<float>)
GALVANI_SURROGATE_KERNELS(f32)
GALVANI_SURROGATE_PRODUCT_KERNELS(mma_f32)
