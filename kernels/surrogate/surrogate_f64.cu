// surrogate_f64: surrogates in f64.
#include "surrogate/entries.h"

GALVANI_SURROGATE(f64, double)
GALVANI_SURROGATE_KERNELS(f64)
