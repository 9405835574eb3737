// surrogate_bf16: surrogates in bf16.
#include "surrogate/entries.h"

GALVANI_SURROGATE(bf16, galvani::BFloat16)
GALVANI_SURROGATE_PRODUCTS(mma_bf16, galvani::BFloat16, galvani::surrogate::TensorCore<galvani::BFloat16>)
GALVANI_SURROGATE_KERNELS(bf16)
GALVANI_SURROGATE_PRODUCT_KERNELS(mma_bf16)
