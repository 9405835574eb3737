// surrogate_f64: surrogates in float64. How arrays lie: surrogate.h; what a step does: window.h, head.h, stream.h; how matrices are
// multiplied: tile.h.
//
//   entry                          grid                                   block       shared memory of a block, bytes
//   surrogate_receive_*            64                                     128         none
//   surrogate_sample_*             ceil(cells·channels/128)               128         none
//   surrogate_sparse_*             [cells][ceil(out/128)]                 128         none
//   surrogate_columns_*            [ceil(cells/64)][ceil(out/64)][groups] 128         33792
//   surrogate_ahead_*              [ceil(cells·ahead/64)][ceil(out/64)]   128         33792
//   surrogate_project_*            [ceil(cells/64)][ceil(out/64)]         128         33792
//   surrogate_window_*             ceil(cells·window·in/128)              128         none
//   surrogate_matrix_*             [ceil(cells·steps/64)][ceil(out/64)]   128         33792
//   surrogate_lstm_*               ceil(cells/P)                          32…256      P·3·8·units, of all its LSTMs; P = 1, 8, 16 cells
//   surrogate_elm_*                ceil(cells/P)                          32…256      P·8·(in + units + hidden); likewise
//   surrogate_repeat_*, _mean_*    ceil(cells·numbers/128)                128         none
//   surrogate_newest_*, _traces_*  ceil(cells·numbers/128)                128         none
//   surrogate_conclude_*           ceil(cells/4), a warp a cell           128         none
//
//   bytes    of a layer with W weights, for 64 cells (a tile of rows): 8·W, through the caches; and of each cell, 8·(in + out). ahead:
//            once in `ahead` steps for 64/ahead cells, and project then for the columns that came since. lstm: 8·W a step for P cells, and elm
//   flops    of a cell 2·W, of lstm at each step; traces: 2 for each number; sparse: 2·out for each number that is not 0
//
//   registers (+ bytes spilled)              sm_80     sm_86     sm_89     sm_90    sm_100    sm_120    static shared memory, B
//     surrogate_ahead_f64                      168       168       168       168       168       172     33792
//     surrogate_columns_f64                    248       248       248       244       242       216     33792
//     surrogate_conclude_f64                    39        39        39        39        39        40         0
//     surrogate_elm_f64                         57        57        57        61        62        62         0
//     surrogate_lstm_f64                       144       144       144       135       134       128         0
//     surrogate_matrix_f64                     180       180       180       174       174       174     33792
//     surrogate_mean_f64                        32        38        38        32        32        40         0
//     surrogate_newest_f64                      16        16        16        22        22        20         0
//     surrogate_project_f64                    166       166       166       166       176       162     33792
//     surrogate_receive_f64                     26        26        26        28        28        26         0
//     surrogate_repeat_f64                      26        26        26        26        26        24         0
//     surrogate_sample_f64                      24        24        24        26        26        26         0
//     surrogate_sparse_f64                      26        26        26        26        26        26         0
//     surrogate_traces_f64                      16        16        16        16        16        16         0
//     surrogate_window_f64                      28        28        28        28        28        26         0
//
// Arguments are the structures of surrogate.h, by value. Within a launch nothing that is written is read by another thread, but for
// kept sums, which the thread that wrote them reads, and what lstm and elm have in shared memory; `from` and `to`, `values` and `last` are
// not aliased.
#include "surrogate/entries.h"

GALVANI_SURROGATE(f64, double)
GALVANI_SURROGATE_KERNELS(f64)
