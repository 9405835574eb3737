// surrogate_bf16: surrogates in bfloat16, summed in float32. How arrays lie: surrogate.h; what a step does: window.h, head.h, stream.h; how matrices are
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
//   surrogate_columns_mma_*, _ahead_mma_*, _project_mma_*, _matrix_mma_*: the same, in tensor cores; 16384 bytes
//
//   bytes    of a layer with W weights, for 64 cells (a tile of rows): 2·W, through the caches; and of each cell, 2·(in + out). ahead:
//            once in `ahead` steps for 64/ahead cells, and project then for the columns that came since. lstm: 2·W a step for P cells, and elm
//   flops    of a cell 2·W, of lstm at each step; traces: 2 for each number; sparse: 2·out for each number that is not 0
//
//   registers (+ bytes spilled)              sm_80     sm_86     sm_89     sm_90    sm_100    sm_120    static shared memory, B
//     surrogate_ahead_bf16                     115       113       113       113       113       113     16896
//     surrogate_ahead_mma_bf16                 106       106       106       107       107       106     16384
//     surrogate_columns_bf16                   168       168       168       167       167       128     16896
//     surrogate_columns_mma_bf16               168       168       168       168       168       164     16384
//     surrogate_conclude_bf16                   48        48        48        48        48        44         0
//     surrogate_elm_bf16                        40        46        46        54        48        42         0
//     surrogate_lstm_bf16                       83        83        83        87        86        86         0
//     surrogate_matrix_bf16                    123       127       127       127       127       127     16896
//     surrogate_matrix_mma_bf16                118       118       118       120       126       122     16384
//     surrogate_mean_bf16                       32        40        40        32        32        40         0
//     surrogate_newest_bf16                     16        16        16        22        22        20         0
//     surrogate_project_bf16                   105       115       115       113       113       113     16896
//     surrogate_project_mma_bf16                96        93        93        94        93        95     16384
//     surrogate_receive_bf16                    26        26        26        28        28        26         0
//     surrogate_repeat_bf16                     26        26        26        26        26        24         0
//     surrogate_sample_bf16                     24        24        24        24        24        26         0
//     surrogate_sparse_bf16                     22        22        22        22        22        24         0
//     surrogate_traces_bf16                     17        17        17        17        17        16         0
//     surrogate_window_bf16                     28        28        28        28        28        26         0
//
// Arguments are the structures of surrogate.h, by value. Within a launch nothing that is written is read by another thread, but for
// kept sums, which the thread that wrote them reads, and what lstm and elm have in shared memory; `from` and `to`, `values` and `last` are
// not aliased.
#include "surrogate/entries.h"

GALVANI_SURROGATE(bf16, galvani::BFloat16)
GALVANI_SURROGATE_PRODUCTS(mma_bf16, galvani::BFloat16, galvani::surrogate::TensorCore<galvani::BFloat16>)
GALVANI_SURROGATE_KERNELS(bf16)
GALVANI_SURROGATE_PRODUCT_KERNELS(mma_bf16)
