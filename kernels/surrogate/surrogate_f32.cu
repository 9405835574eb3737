// surrogate_f32: surrogates in f32.
#include "surrogate/entries.h"

GALVANI_SURROGATE(f32, float)
GALVANI_SURROGATE_PRODUCTS(mma_f32, float, galvani::surrogate::TensorCore<float>)
GALVANI_SURROGATE_KERNELS(f32)
GALVANI_SURROGATE_PRODUCT_KERNELS(mma_f32)
