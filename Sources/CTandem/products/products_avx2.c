#if defined(__x86_64__)
#include <immintrin.h>

#include "products.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#pragma STDC FP_CONTRACT OFF

#define GROUP_SIZE 8
// A token's blocks are not cut into pieces.
#define VECTOR_BYTES (GROUP_SIZE * BLOCK)
#define LANE_CASES CASE(1) CASE(2) CASE(3) CASE(4) CASE(6) CASE(8)
#define FLOAT_TOKENS 1
#define FLOAT_TOKEN_CASES CASE(1)

#include "product_lanes.h"

static inline size_t lanes_for(size_t token_count) {
  return token_count <= 3 ? token_count : rounded_up(token_count, 2);
}

static inline floats16 fused(floats16 w, floats16 x, floats16 sum) {
  return __builtin_elementwise_fma(w, x, sum);
}

static inline floats16 floats_of_halves(const void *from) {
  const __m128i *halves = from;
  const floats8 low = _mm256_cvtph_ps(_mm_loadu_si128(halves));
  const floats8 high = _mm256_cvtph_ps(_mm_loadu_si128(halves + 1));
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

static inline float float_of_half(uint16_t bits) {
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits)));
}

#include "product_activations.h"
#include "product_floats.h"
#include "product_vectors_avx2.h"
#include "product_blocks.h"
#include "product_rows.h"
#include "product_token_avx2.h"

static void multiply_avx2(const tk_product *product, size_t first_row, size_t end_row) {
  const tk_activations *activations = product->activations;
  if (activations->form == TK_ACTIVATIONS_INT8 && activations->token_count == 1) {
    const size_t whole_tiles = (end_row - first_row) / TILE * TILE;
    multiply_one_token(product, first_row, first_row + whole_tiles);
    first_row += whole_tiles;
  }
  multiply(product, first_row, end_row);
}

const product_loops tk_products_avx2 = {GROUP_SIZE, convert_groups, multiply_avx2};

#pragma clang attribute pop
#endif
