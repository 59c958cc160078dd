// Unpacks rows of quantised weights, as ggml lays them out (ggml-common.h, ggml-quants.c), into a
// tile. Clang lowers the vectors to whatever the including file's target has; that file defines
// `float_of_half` and `floats_of_halves`, which converts 16.

#pragma once

#include "product_lanes.h"

/// Where a row of a tile goes.
typedef struct tile_row {
  weight_tile *tile;
  tile_numbers *numbers;
  size_t row;
} tile_row;

static inline uint8_t *quants_of(tile_row to, size_t block) {
  return to.tile->quants[to.row][block];
}

/// Copies a block's scale, and its offset where it has one.
static inline void copy_halves(const uint8_t *from, bool has_offset, tile_row to, size_t block) {
  to.numbers->halves.scales[to.row][block] = load_u16(from);
  if (has_offset) { to.numbers->halves.offsets[to.row][block] = load_u16(from + 2); }
}

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

static inline void unpack_q4_0(const uint8_t *from, size_t block_count, tile_row to) {
  for (size_t b = 0; b < block_count; b++, from += 18) {
    copy_halves(from, false, to, b);
    store_bytes32(nibbles_at(from + 2), quants_of(to, b));
  }
}

static inline void unpack_q4_1(const uint8_t *from, size_t block_count, tile_row to) {
  for (size_t b = 0; b < block_count; b++, from += 20) {
    copy_halves(from, true, to, b);
    store_bytes32(nibbles_at(from + 4), quants_of(to, b));
  }
}

static inline void unpack_q5_0(const uint8_t *from, size_t block_count, tile_row to) {
  for (size_t b = 0; b < block_count; b++, from += 22) {
    copy_halves(from, false, to, b);
    store_bytes32(nibbles_at(from + 6) | fifth_bits_at(from + 2), quants_of(to, b));
  }
}

static inline void unpack_q5_1(const uint8_t *from, size_t block_count, tile_row to) {
  for (size_t b = 0; b < block_count; b++, from += 24) {
    copy_halves(from, true, to, b);
    store_bytes32(nibbles_at(from + 8) | fifth_bits_at(from + 4), quants_of(to, b));
  }
}

static inline void unpack_q8_0(const uint8_t *from, size_t block_count, tile_row to) {
  for (size_t b = 0; b < block_count; b++, from += 34) {
    copy_halves(from, false, to, b);
    store_bytes32(load_bytes32(from + 2) ^ 0x80, quants_of(to, b));
  }
}

/// The scales and offsets of a Q4_K or Q5_K super-block: eight pairs of 6-bit integers in 12 bytes,
/// after two halves that multiply them.
static inline void unpack_scales_k(const uint8_t *from, size_t block, tile_row to) {
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

static inline void unpack_q4_k(const uint8_t *from, size_t block_count, tile_row to) {
  for (size_t b = 0; b < block_count; b += 8, from += 144) {
    unpack_scales_k(from, b, to);
    for (size_t pair = 0; pair < 4; pair++) {
      const bytes32 nibbles = load_bytes32(from + 16 + 32 * pair);
      store_bytes32(nibbles & 15, quants_of(to, b + 2 * pair));
      store_bytes32(nibbles >> 4, quants_of(to, b + 2 * pair + 1));
    }
  }
}

static inline void unpack_q5_k(const uint8_t *from, size_t block_count, tile_row to) {
  for (size_t b = 0; b < block_count; b += 8, from += 176) {
    unpack_scales_k(from, b, to);
    bytes32 bits = load_bytes32(from + 16);
    for (size_t pair = 0; pair < 4; pair++, bits >>= 2) {
      const bytes32 nibbles = load_bytes32(from + 48 + 32 * pair);
      store_bytes32((nibbles & 15) | (bits & 1) << 4, quants_of(to, b + 2 * pair));
      store_bytes32(nibbles >> 4 | (bits & 2) << 3, quants_of(to, b + 2 * pair + 1));
    }
  }
}

static inline void unpack_q6_k(const uint8_t *from, size_t block_count, tile_row to) {
  for (size_t b = 0; b < block_count; b += 8, from += 210) {
    const float scale = float_of_half(load_u16(from + 208));
    for (size_t half = 0; half < 2; half++) {
      const bytes32 left = load_bytes32(from + 64 * half);
      const bytes32 right = load_bytes32(from + 64 * half + 32);
      const bytes32 bits = load_bytes32(from + 128 + 32 * half);
      const size_t first = b + 4 * half;
      store_bytes32((left & 15) | (bits & 3) << 4, quants_of(to, first));
      store_bytes32((right & 15) | (bits & 12) << 2, quants_of(to, first + 1));
      store_bytes32(left >> 4 | (bits & 48), quants_of(to, first + 2));
      store_bytes32(right >> 4 | (bits & 192) >> 2, quants_of(to, first + 3));
    }
    const signed16 scales = load_signed16(from + 192);
    const signed8 even = __builtin_shufflevector(scales, scales, 0, 2, 4, 6, 8, 10, 12, 14);
    const signed8 odd = __builtin_shufflevector(scales, scales, 1, 3, 5, 7, 9, 11, 13, 15);
    store_floats8((floats8){0} + scale, to.numbers->floats.scales[to.row] + b);
    store_floats8(
        __builtin_convertvector(even, floats8), to.numbers->floats.half_scales[0][to.row] + b);
    store_floats8(
        __builtin_convertvector(odd, floats8), to.numbers->floats.half_scales[1][to.row] + b);
  }
}

/// Unpacks consecutive blocks of a row.
static inline __attribute__((always_inline)) void unpack_row(
    tk_weight_type type, const uint8_t *row, size_t block_count, tile_row to) {
  switch (type) {
  case TK_Q4_0: return unpack_q4_0(row, block_count, to);
  case TK_Q4_1: return unpack_q4_1(row, block_count, to);
  case TK_Q5_0: return unpack_q5_0(row, block_count, to);
  case TK_Q5_1: return unpack_q5_1(row, block_count, to);
  case TK_Q8_0: return unpack_q8_0(row, block_count, to);
  case TK_Q4_K: return unpack_q4_k(row, block_count, to);
  case TK_Q5_K: return unpack_q5_k(row, block_count, to);
  case TK_Q6_K: return unpack_q6_k(row, block_count, to);
  case TK_F32:
  case TK_F16:
  case TK_BF16: return;
  }
}

/// Transposes the numbers of blocks, so that those of a tile's rows lie together.
static inline __attribute__((always_inline)) void transpose_numbers(
    const float from[TILE][CHUNK], size_t block_count, float to[CHUNK][TILE]) {
  for (size_t b = 0; b < block_count; b += 16) {
    floats16 rows[TILE];
#pragma clang loop unroll(full)
    for (size_t row = 0; row < TILE; row++) { rows[row] = load_floats16(from[row] + b); }
    transpose16(rows);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 16; i++) { store_floats16(rows[i], to[b + i]); }
  }
}

/// As above, of binary16 numbers.
static inline __attribute__((always_inline)) void transpose_halves(
    const uint16_t from[TILE][CHUNK], size_t block_count, float to[CHUNK][TILE]) {
  for (size_t b = 0; b < block_count; b += 16) {
    floats16 rows[TILE];
#pragma clang loop unroll(full)
    for (size_t row = 0; row < TILE; row++) { rows[row] = floats_of_halves(from[row] + b); }
    transpose16(rows);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 16; i++) { store_floats16(rows[i], to[b + i]); }
  }
}

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

/// Unpacks blocks of the rows of a tile.
static inline __attribute__((always_inline)) void unpack_rows(
    tk_weight_type type, const uint8_t *from, size_t stride, size_t block_count,
    weight_tile *tile) {
  tile_numbers numbers;
  for (size_t row = 0; row < TILE; row++) {
    unpack_row(type, from + row * stride, block_count, (tile_row){tile, &numbers, row});
  }
  arrange_numbers(type, &numbers, block_count, tile);
}
