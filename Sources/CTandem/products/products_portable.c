// Plain C, one token at a time.

#include "products.h"

#define GROUP_SIZE 1
#define VECTOR_BYTES BLOCK
#define LANE_CASES CASE(1)
#define FLOAT_TOKENS 1
#define FLOAT_TOKEN_CASES CASE(1)

#pragma STDC FP_CONTRACT OFF

#include "product_lanes.h"

static inline size_t lanes_for(size_t token_count) { (void)token_count;
  return 1; }

static inline floats16 fused(floats16 w, floats16 x, floats16 sum) { return sum + w * x; }

static inline floats16 floats_of_halves(const void *from) {
  const words16 bits = __builtin_convertvector(load_halves16(from), words16);
  // The exponent is moved up by 112 with a product that is exact, of subnormals too.
  const floats16 finite = (floats16)((bits & 0x7FFF) << 13) * 0x1p112f;
  const words16 infinite = (words16)((bits & 0x7C00) == 0x7C00) & 0x7F800000;
  return (floats16)((words16)finite | infinite | (bits & 0x8000) << 16);
}

static inline float float_of_half(uint16_t bits) {
  const uint16_t one[16] = {bits};
  return floats_of_halves(one)[0];
}

#include "product_activations.h"
#include "product_floats.h"

static inline int32_t dot16(const uint8_t *weights, const uint8_t *quants) {
  const integers16 w = __builtin_convertvector(load_bytes16(weights), integers16);
  const integers16 x = __builtin_convertvector(load_signed16(quants), integers16);
  return __builtin_reduce_add(w * x);
}

static inline __attribute__((always_inline)) void add_tile(
    block_traits traits, size_t lanes, const weight_tile *tile, size_t block_count,
    const uint8_t *blocks, fetcher *next, float *sums) {
  for (size_t b = 0; b < block_count; b++, blocks += block_byte_count(lanes)) {
    fetch_step(next);
    const uint8_t *numbers = blocks + lanes * BLOCK;
    const float scale = load_float(numbers), scaled_sum = load_float(numbers + 4);
    const int32_t sum = (int32_t)load_u32(numbers + 8), half = (int32_t)load_u32(numbers + 12);
    for (size_t row = 0; row < TILE; row++) {
      const uint8_t *weights = tile->quants[row][b];
      const int32_t first = dot16(weights, blocks) - traits.bias * half;
      const int32_t second = dot16(weights + 16, blocks + 16) - traits.bias * (sum - half);
      const float product = traits.has_halves
          ? (float)first * tile->half_scales[0][b][row] +
                (float)second * tile->half_scales[1][b][row]
          : (float)(first + second);
      float term = product * (tile->scales[b][row] * scale);
      if (traits.has_offsets) { term += tile->offsets[b][row] * scaled_sum; }
      sums[row] += term;
    }
  }
}

#include "product_store.h"
#include "product_blocks.h"
#include "product_rows.h"

const product_loops tk_products_portable = {GROUP_SIZE, convert_groups, multiply};
