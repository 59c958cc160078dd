#if defined(__x86_64__)
#include <immintrin.h>

#include "products.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))), \
    apply_to = function)
#pragma STDC FP_CONTRACT OFF

#define GROUP_SIZE 8
// A token's blocks are not cut into pieces.
#define VECTOR_BYTES (GROUP_SIZE * BLOCK)
#define LANE_CASES CASE(2) CASE(4) CASE(6) CASE(8)

static inline size_t lanes_for(size_t token_count) { return rounded_up(token_count, 2); }

static inline float float_of_half(uint16_t bits) {
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits)));
}

#include "product_floats_avx512.h"
#include "product_activations.h"
#include "product_vectors_avx512.h"
#include "product_blocks_avx512.h"
#include "product_rows.h"
#include "product_direct_avx512.h"
#include "product_streams_avx512.h"

static void convert_avx512(
    const tk_activations *activations, size_t first_group, size_t end_group) {
  if (is_streamed(activations)) {
    convert_streams(activations);
  } else {
    convert_groups(activations, first_group, end_group);
  }
}

static void multiply_avx512(const tk_product *product, size_t first_row, size_t end_row) {
  if (is_streamed(product->activations)) {
    return multiply_few_tokens(product, first_row, end_row);
  }
  if (product->type == TK_BF16 && __builtin_cpu_supports("avx512bf16")) {
    tk_multiply_bf16_avx512(product, first_row, end_row);
  } else if (product->activations->token_count <= GROUP_SIZE) {
    multiply_group(product, first_row, end_row);
  } else {
    multiply(product, first_row, end_row);
  }
}

const product_loops tk_products_avx512 = {GROUP_SIZE, convert_avx512, multiply_avx512};

#pragma clang attribute pop
#endif
