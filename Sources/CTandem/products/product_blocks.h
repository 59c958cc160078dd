// Unpacks rows of quantised weights, as ggml lays them out (ggml-common.h, ggml-quants.c), into a
// tile. Clang lowers the vectors to whatever the including file's target has; that file defines
// `float_of_half` and `floats_of_halves`, which converts 16.

#pragma once

#include "product_lanes.h"

/// Where the numbers of a row of a tile go.
typedef struct numbers_row {
  tile_numbers *numbers;
  size_t row;
} numbers_row;

/// 16 bytes of two 4-bit numbers: the low ones come first.
static inline __attribute__((always_inline)) bytes32 nibbles_at(const uint8_t *from) {
  const bytes16 nibbles = load_bytes16(from);
  const bytes16 low = nibbles & 15, high = nibbles >> 4;
  return __builtin_shufflevector(
      low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
      23, 24, 25, 26, 27, 28, 29, 30, 31);
}

/// 32 bits, as the fifth bits of numbers.
static inline __attribute__((always_inline)) bytes32 fifth_bits_at(const uint8_t *from) {
  const bytes4 words = load_bytes4(from);
  // Each number's byte, and its bit in it.
  const bytes32 spread = __builtin_shufflevector(
      words, words, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3,
      3, 3, 3, 3, 3);
  const bytes32 bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                       1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  return (bytes32)((spread & bit) == bit) & 16;
}

/// The low numbers of 32 bytes are one block, the high ones the next.
static inline __attribute__((always_inline)) bytes32 nibbles_of_pair(
    const uint8_t *from, size_t i) {
  const bytes32 nibbles = load_bytes32(from + 32 * (i / 2));
  return i % 2 == 0 ? nibbles & 15 : nibbles >> 4;
}

/// Quants 0 to 31, 32 to 63 and so on of a Q6_K super-block.
static inline __attribute__((always_inline)) bytes32 q6_k_quants(const uint8_t *from, size_t i) {
  const size_t half = i / 4, quarter = i % 4;
  const bytes32 nibbles = load_bytes32(from + 64 * half + 32 * (quarter % 2));
  const bytes32 bits = load_bytes32(from + 128 + 32 * half) >> 2 * quarter & 3;
  return (quarter < 2 ? nibbles & 15 : nibbles >> 4) | bits << 4;
}

/// The quants of one of the blocks that are stored together.
static inline __attribute__((always_inline)) bytes32 stored_quants(
    tk_weight_type type, const uint8_t *from, size_t i) {
  switch (type) {
  case TK_Q4_0: return nibbles_at(from + 2);
  case TK_Q4_1: return nibbles_at(from + 4);
  case TK_Q5_0: return nibbles_at(from + 6) | fifth_bits_at(from + 2);
  case TK_Q5_1: return nibbles_at(from + 8) | fifth_bits_at(from + 4);
  case TK_Q8_0: return load_bytes32(from + 2) ^ 0x80;
  case TK_Q4_K: return nibbles_of_pair(from + 16, i);
  case TK_Q5_K:
    return nibbles_of_pair(from + 48, i) | (load_bytes32(from + 16) >> i & 1) << 4;
  case TK_Q6_K: return q6_k_quants(from, i);
  case TK_F32:
  case TK_F16:
  case TK_BF16: return (bytes32){0};
  }
}

/// The scales and offsets of a Q4_K or Q5_K super-block: eight pairs of 6-bit integers in 12 bytes,
/// after two halves that multiply them.
static inline void copy_numbers_k(const uint8_t *from, size_t block, numbers_row to) {
  const float scale = float_of_half(load_u16(from)), offset = -float_of_half(load_u16(from + 2));
  const uint32_t low = load_u32(from + 4), middle = load_u32(from + 8), high = load_u32(from + 12);
  // ggml-quants.c, get_scale_min_k4, four at a time.
  const uint32_t scales[2] = {
      low & 0x3F3F3F3F, (high & 0x0F0F0F0F) | ((low >> 2) & 0x30303030)};
  const uint32_t offsets[2] = {
      middle & 0x3F3F3F3F, ((high >> 4) & 0x0F0F0F0F) | ((middle >> 2) & 0x30303030)};
  store_floats8(
      scale * __builtin_convertvector(load_bytes8(scales), floats8),
      to.numbers->floats.scales[to.row] + block);
  store_floats8(
      offset * __builtin_convertvector(load_bytes8(offsets), floats8),
      to.numbers->floats.offsets[to.row] + block);
}

/// The scales of a Q6_K super-block, and those of its half blocks.
static inline void copy_numbers_q6_k(const uint8_t *from, size_t block, numbers_row to) {
  const signed16 scales = load_signed16(from + 192);
  const signed8 even = __builtin_shufflevector(scales, scales, 0, 2, 4, 6, 8, 10, 12, 14);
  const signed8 odd = __builtin_shufflevector(scales, scales, 1, 3, 5, 7, 9, 11, 13, 15);
  store_floats8(
      (floats8){0} + float_of_half(load_u16(from + 208)),
      to.numbers->floats.scales[to.row] + block);
  store_floats8(
      __builtin_convertvector(even, floats8),
      to.numbers->floats.half_scales[0][to.row] + block);
  store_floats8(
      __builtin_convertvector(odd, floats8), to.numbers->floats.half_scales[1][to.row] + block);
}

/// Copies the numbers of blocks that are stored together.
static inline __attribute__((always_inline)) void copy_numbers(
    tk_weight_type type, const uint8_t *from, size_t block, numbers_row to) {
  if (type == TK_Q6_K) { return copy_numbers_q6_k(from, block, to); }
  if (blocks_stored_together(type) > 1) { return copy_numbers_k(from, block, to); }
  to.numbers->halves.scales[to.row][block] = load_u16(from);
  if (traits_of(type).has_offsets) {
    to.numbers->halves.offsets[to.row][block] = load_u16(from + 2);
  }
}

/// Eight binary16 numbers.
static inline __attribute__((always_inline)) floats8 eight_halves(const uint16_t *from) {
  uint16_t padded[16] = {0};
  memcpy(padded, from, 8 * sizeof *from);
  const floats16 numbers = floats_of_halves(padded);
  return __builtin_shufflevector(numbers, numbers, 0, 1, 2, 3, 4, 5, 6, 7);
}

// Transposes numbers of blocks, (row, block), so that those of a tile's rows lie together. Eight
// blocks at a time, because narrow matrices have few.
#define TRANSPOSE(name, element, eight_at) \
  static inline __attribute__((always_inline)) void name( \
      const element from[TILE][CHUNK], size_t block_count, float to[CHUNK][TILE]) { \
    for (size_t b = 0; b < block_count; b += 8) { \
      for (size_t row = 0; row < TILE; row += 8) { \
        floats8 rows[8]; \
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < 8; i++) { \
          rows[i] = eight_at(from[row + i] + b); \
        } \
        transpose8(rows); \
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < 8; i++) { \
          store_floats8(rows[i], to[b + i] + row); \
        } \
      } \
    } \
  }
TRANSPOSE(transpose_numbers, float, load_floats8)
TRANSPOSE(transpose_halves, uint16_t, eight_halves)
#undef TRANSPOSE

/// Puts the numbers of all rows where products read them.
static inline __attribute__((always_inline)) void arrange_numbers(
    tk_weight_type type, const tile_numbers *numbers, size_t block_count, weight_tile *tile) {
  switch (type) {
  case TK_Q4_1:
  case TK_Q5_1: transpose_halves(numbers->halves.offsets, block_count, tile->offsets);
  // fall through
  case TK_Q4_0:
  case TK_Q5_0:
  case TK_Q8_0: return transpose_halves(numbers->halves.scales, block_count, tile->scales);
  case TK_Q6_K:
    for (int half = 0; half < 2; half++) {
      transpose_numbers(numbers->floats.half_scales[half], block_count, tile->half_scales[half]);
    }
    return transpose_numbers(numbers->floats.scales, block_count, tile->scales);
  default:
    transpose_numbers(numbers->floats.offsets, block_count, tile->offsets);
    return transpose_numbers(numbers->floats.scales, block_count, tile->scales);
  }
}

static inline __attribute__((always_inline)) void unpack_row_numbers(
    tk_weight_type type, const uint8_t *from, size_t block_count, numbers_row to) {
  const size_t together = blocks_stored_together(type);
  for (size_t b = 0; b < block_count; b += together, from += stored_byte_count(type)) {
    copy_numbers(type, from, b, to);
  }
}

static inline __attribute__((always_inline)) void unpack_row_quants(
    tk_weight_type type, const uint8_t *from, size_t block_count, uint8_t to[][BLOCK]) {
  const size_t together = blocks_stored_together(type);
  for (size_t b = 0; b < block_count; b += together, from += stored_byte_count(type)) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < together; i++) {
      store_bytes32(stored_quants(type, from, i), to[b + i]);
    }
  }
}

/// Unpacks the numbers of blocks of the rows of a tile, and the quants unless they are read where they
/// are stored. A row after the other: both in one loop over the blocks, or each over all rows, is
/// slower.
static inline __attribute__((always_inline)) void unpack_parts(
    tk_weight_type type, bool has_quants, const uint8_t *from, size_t stride, size_t block_count,
    weight_tile *tile) {
  tile_numbers numbers;
  for (size_t row = 0; row < TILE; row++, from += stride) {
    unpack_row_numbers(type, from, block_count, (numbers_row){&numbers, row});
    if (has_quants) { unpack_row_quants(type, from, block_count, tile->quants[row]); }
  }
  arrange_numbers(type, &numbers, block_count, tile);
}

/// Unpacks blocks of the rows of a tile.
static inline __attribute__((always_inline)) void unpack_rows(
    tk_weight_type type, const uint8_t *from, size_t stride, size_t block_count,
    weight_tile *tile) {
  unpack_parts(type, true, from, stride, block_count, tile);
}
