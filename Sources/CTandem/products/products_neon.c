#if defined(__aarch64__)
#include <arm_neon.h>

#include "products.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#pragma STDC FP_CONTRACT OFF

#define GROUP_SIZE 4
#define VECTOR_BYTES 16
#define LANE_CASES CASE(1) CASE(4)
#define FLOAT_TOKENS 1
#define FLOAT_TOKEN_CASES CASE(1)

#include "product_lanes.h"

static inline size_t lanes_for(size_t token_count) { return token_count <= 1 ? 1 : 4; }

static inline floats16 fused(floats16 w, floats16 x, floats16 sum) {
  return __builtin_elementwise_fma(w, x, sum);
}

static inline floats16 floats_of_halves(const void *from) {
  typedef _Float16 halves __attribute__((vector_size(32)));
  halves numbers;
  memcpy(&numbers, from, sizeof numbers);
  return __builtin_convertvector(numbers, floats16);
}

static inline float float_of_half(uint16_t bits) {
  _Float16 number;
  memcpy(&number, &bits, sizeof number);
  return (float)number;
}

#include "product_activations.h"
#include "product_floats.h"
#include "product_vectors_neon.h"
#include "product_blocks.h"
#include "product_rows.h"

const product_loops tk_products_neon = {GROUP_SIZE, convert_groups, multiply};

#pragma clang attribute pop
#endif
