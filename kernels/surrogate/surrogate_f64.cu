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
//   registers, spills and occupancy of each entry on sm_80 to sm_120: kernels/ptx/registers.csv
//
// Arguments are the structures of surrogate.h, by value. Within a launch nothing that is written is read by another thread, but for
// kept sums, which the thread that wrote them reads, and what lstm and elm have in shared memory; `from` and `to`, `values` and `last` are
// not aliased.
#include "surrogate/entries.h"

GALVANI_SURROGATE(f64, double)
GALVANI_SURROGATE_KERNELS(f64)
