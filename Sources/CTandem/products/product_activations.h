// Converts activations to the forms that products read. The including file defines
// `lanes_for(token_count)`, LANE_CASES, GROUP_SIZE, VECTOR_BYTES and FLOAT_TOKENS.

#pragma once

#include "product_float_activations.h"
#include "product_lanes.h"

#pragma STDC FP_CONTRACT OFF

/// Tokens of a group, from its number.
static inline size_t tokens_of_group(const tk_activations *activations, size_t group) {
  return smaller(GROUP_SIZE, activations->token_count - group * GROUP_SIZE);
}

/// The converted blocks of a group; before it lie whole groups.
static inline const uint8_t *blocks_of_group(const tk_activations *activations, size_t group) {
  const size_t block_count = activations->column_count / BLOCK;
  return (const uint8_t *)activations->converted +
         group * block_count * block_byte_count(GROUP_SIZE);
}

/// A block of one token's activations: x is about scale * quant.
typedef struct small_block {
  float scale;
  signed16 halves[2];
} small_block;

/// Rounds a block to 8 bits; what is not finite makes its scale so, too.
static inline __attribute__((always_inline)) small_block quantised(const float *x) {
  const floats16 values[2] = {load_floats16(x), load_floats16(x + 16)};
  // Magnitudes have the order of their bits; NaN's are above all.
  const uint32_t bits = __builtin_reduce_max(__builtin_elementwise_max(
      (words16)values[0] & 0x7FFFFFFF, (words16)values[1] & 0x7FFFFFFF));
  float largest;
  memcpy(&largest, &bits, sizeof largest);
  // A block that small adds nothing; 127 / largest would overflow.
  if (largest < 0x1p-100f) { return (small_block){0}; }
  const float inverse = 127 / largest;
  small_block block = {.scale = largest / 127};
  for (int half = 0; half < 2; half++) {
    // The sum's last bits are those of the nearest integer, ties to even.
    const floats16 shifted = values[half] * inverse + 0x1.8p23f;
    block.halves[half] = __builtin_convertvector((words16)shifted, signed16);
  }
  return block;
}

static inline __attribute__((always_inline)) int32_t sum_of(signed16 quants) {
  return __builtin_reduce_add(__builtin_convertvector(quants, shorts16));
}

/// Writes the quants of a token in pieces that alternate with those of the other tokens.
static inline __attribute__((always_inline)) void store_pieces(
    const small_block *block, size_t piece, size_t stride, uint8_t *to) {
  const uint8_t *quants = (const uint8_t *)block->halves;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < BLOCK / piece; i++) {
    memcpy(to + i * stride, quants + i * piece, piece);
  }
}

static inline __attribute__((always_inline)) void convert_lanes(
    const tk_activations *activations, size_t group, size_t lanes) {
  const size_t columns = activations->column_count;
  const size_t token_count = tokens_of_group(activations, group);
  const size_t piece = lanes == 1 ? BLOCK : smaller(VECTOR_BYTES / lanes, BLOCK);
  const float *input = activations->input + group * GROUP_SIZE * columns;
  uint8_t *to = (uint8_t *)blocks_of_group(activations, group);
  for (size_t column = 0; column < columns; column += BLOCK, to += block_byte_count(lanes)) {
    float *scales = (float *)(to + lanes * BLOCK), *scaled_sums = scales + lanes;
    int32_t *sums = (int32_t *)(scaled_sums + lanes), *half_sums = sums + lanes;
    for (size_t token = 0; token < lanes; token++) {
      small_block block = {0};
      if (token < token_count) { block = quantised(input + token * columns + column); }
      const int32_t first = sum_of(block.halves[0]), sum = first + sum_of(block.halves[1]);
      scales[token] = block.scale;
      scaled_sums[token] = block.scale * (float)sum;
      sums[token] = sum;
      half_sums[token] = first;
      store_pieces(&block, piece, piece * lanes, to + piece * token);
    }
  }
}

static inline void convert_group_to_int8(const tk_activations *activations, size_t group) {
  switch (lanes_for(tokens_of_group(activations, group))) {
#define CASE(n) \
  case n: return convert_lanes(activations, group, n);
    LANE_CASES
#undef CASE
  }
}

static void convert_groups(
    const tk_activations *activations, size_t first_group, size_t end_group) {
  for (size_t group = first_group; group < end_group; group++) {
    if (activations->form == TK_ACTIVATIONS_INT8) {
      convert_group_to_int8(activations, group);
      continue;
    }
    const size_t first = group * GROUP_SIZE, end = first + tokens_of_group(activations, group);
    for (size_t token = first; token < end; token++) {
      if (activations->form == TK_ACTIVATIONS_F32) {
        copy_token(activations, token);
      } else {
        round_token_to_bf16(activations, token);
      }
    }
  }
}
