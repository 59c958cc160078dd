#if defined(__x86_64__)
#include <immintrin.h>

#include "products.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c"))), \
    apply_to = function)

#define HAS_BF16
#include "product_floats_avx512.h"

void tk_multiply_bf16_avx512(const tk_product *product, size_t first_row, size_t end_row) {
  multiply_floats(TK_BF16, product, first_row, end_row);
}

#pragma clang attribute pop
#endif
