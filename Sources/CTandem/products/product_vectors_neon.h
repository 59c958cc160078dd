// Products of quantised weights in vectors of 16 bytes: half a block of one row with one token, or
// four columns each of four tokens.

/// Four exact sums of products: of four rows, or of one row with four tokens.
typedef struct half_sums {
  int32x4_t first, second;
} half_sums;

/// 16 quants as signed numbers; those with a bias of 128 lose it.
static inline __attribute__((always_inline)) int8x16_t signed_quants(
    block_traits traits, const uint8_t *from) {
  const uint8x16_t quants = vld1q_u8(from);
  return vreinterpretq_s8_u8(traits.bias == 128 ? veorq_u8(quants, vdupq_n_u8(0x80)) : quants);
}

/// The sums of four rows with one token.
static inline __attribute__((always_inline)) half_sums sums_of_rows(
    block_traits traits, const uint8_t *weights, const uint8_t *quants) {
  const int32x4_t zero = vdupq_n_s32(0);
  int32x4_t halves[2];
  for (int half = 0; half < 2; half++) {
    const int8x16_t x = vld1q_s8((const int8_t *)quants + 16 * half);
    int32x4_t rows[4];
    for (int row = 0; row < 4; row++) {
      rows[row] = vdotq_s32(zero, signed_quants(traits, weights + (size_t)row * TILE_STRIDE + 16 * half), x);
    }
    halves[half] = vpaddq_s32(vpaddq_s32(rows[0], rows[1]), vpaddq_s32(rows[2], rows[3]));
  }
  return (half_sums){halves[0], halves[1]};
}

/// The sums of one row with four tokens.
static inline __attribute__((always_inline)) half_sums sums_of_tokens(
    block_traits traits, const uint8_t *weights, const uint8_t *quants) {
  int32x4_t halves[2];
  for (int half = 0; half < 2; half++) {
    const int8x16_t w = signed_quants(traits, weights + 16 * half);
    const int8_t *x = (const int8_t *)quants + 64 * half;
    int32x4_t sums = vdupq_n_s32(0);
    sums = vdotq_laneq_s32(sums, vld1q_s8(x), w, 0);
    sums = vdotq_laneq_s32(sums, vld1q_s8(x + 16), w, 1);
    sums = vdotq_laneq_s32(sums, vld1q_s8(x + 32), w, 2);
    halves[half] = vdotq_laneq_s32(sums, vld1q_s8(x + 48), w, 3);
  }
  return (half_sums){halves[0], halves[1]};
}

/// Four numbers of rows: of four rows, or of one row four times.
static inline __attribute__((always_inline)) float32x4_t of_rows(const float *from, size_t lanes) {
  return lanes == 1 ? vld1q_f32(from) : vdupq_n_f32(*from);
}

/// Four numbers of tokens: of one token four times, or of four tokens.
static inline __attribute__((always_inline)) int32x4_t of_tokens(const void *from, size_t lanes) {
  return lanes == 1 ? vdupq_n_s32(*(const int32_t *)from) : vld1q_s32(from);
}

/// The integer part of a law's step as floats, exact.
static inline __attribute__((always_inline)) float32x4_t product_of(
    block_traits traits, half_sums sums, const uint8_t *numbers, const weight_tile *tile, size_t b,
    size_t row, size_t lanes) {
  // The sums of quants with a bias of 128 come without it.
  const int32x4_t bias = vdupq_n_s32(traits.bias == 128 ? 0 : traits.bias);
  const int32x4_t sum = of_tokens(numbers + 8 * lanes, lanes);
  if (!traits.has_halves) {
    return vcvtq_f32_s32(vmlsq_s32(vaddq_s32(sums.first, sums.second), bias, sum));
  }
  const int32x4_t half = of_tokens(numbers + 12 * lanes, lanes);
  const int32x4_t first = vmlsq_s32(sums.first, bias, half);
  const int32x4_t second = vmlsq_s32(sums.second, bias, vsubq_s32(sum, half));
  return vaddq_f32(
      vmulq_f32(vcvtq_f32_s32(first), of_rows(&tile->half_scales[0][b][row], lanes)),
      vmulq_f32(vcvtq_f32_s32(second), of_rows(&tile->half_scales[1][b][row], lanes)));
}

/// Adds the products of a chunk to 16 * lanes sums.
static inline __attribute__((always_inline)) void add_tile(
    block_traits traits, size_t lanes, const weight_tile *tile, size_t block_count,
    const uint8_t *blocks, fetcher *next, float *sums) {
  // One row with four tokens, or four rows with one token.
  const size_t step = lanes == 1 ? 4 : 1;
  for (size_t row = 0; row < TILE; row += step) {
    float32x4_t total = vld1q_f32(sums + row * lanes);
    const uint8_t *block = blocks;
    for (size_t b = 0; b < block_count; b++, block += block_byte_count(lanes)) {
      if (row == 0) { fetch_step(next); }
      const uint8_t *numbers = block + lanes * BLOCK;
      const half_sums exact = lanes == 1 ? sums_of_rows(traits, tile->quants[row][b], block)
                                         : sums_of_tokens(traits, tile->quants[row][b], block);
      const float32x4_t product = product_of(traits, exact, numbers, tile, b, row, lanes);
      const float32x4_t scale = vmulq_f32(
          of_rows(&tile->scales[b][row], lanes),
          vreinterpretq_f32_s32(of_tokens(numbers, lanes)));
      float32x4_t term = vmulq_f32(product, scale);
      if (traits.has_offsets) {
        const float32x4_t scaled_sum =
            vreinterpretq_f32_s32(of_tokens(numbers + 4 * lanes, lanes));
        term = vaddq_f32(
            term, vmulq_f32(of_rows(&tile->offsets[b][row], lanes), scaled_sum));
      }
      total = vaddq_f32(total, term);
    }
    vst1q_f32(sums + row * lanes, total);
  }
}

#include "product_store.h"
