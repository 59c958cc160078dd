// What the variants of the products share: layouts and the table of loops.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tk_products.h"

#include "../fetch_line.h"

/// Columns of a block of 8-bit activations, and of the blocks that quantised weights are read in.
enum { BLOCK = 32 };

/// Rows that are unpacked together.
enum { TILE = TK_TILE_ROW_COUNT };

/// Blocks of a row that are unpacked together: 24 KiB for a tile, so that it stays in the first
/// cache. A multiple of the 8 blocks of a K type's super-block.
enum { CHUNK = 48 };

/// The most tokens that any variant computes in the lanes of vectors.
enum { MAXIMUM_LANES = 16 };

/// A chunk of a tile: weight = scale * half_scale * (quant - bias) + offset.
typedef struct weight_tile {
  union {
    /// (row, block, column), with a gap behind each row: rows whose distance is a multiple of a
    /// large power of two would share few places in the cache.
    _Alignas(64) uint8_t quants[TILE][CHUNK + 2][BLOCK];
    /// (block, column / 4, row, column % 4): how AVX-512 has them.
    _Alignas(64) uint8_t pieces[CHUNK][BLOCK / 4][TILE][4];
  };
  _Alignas(64) float scales[CHUNK][TILE];
  /// Only of types with offsets.
  _Alignas(64) float offsets[CHUNK][TILE];
  /// Integers, of the first and last 16 columns; only of Q6_K.
  _Alignas(64) float half_scales[2][CHUNK][TILE];
} weight_tile;

/// Bytes between the quants of a block in neighbouring rows of a tile.
enum { TILE_STRIDE = (CHUNK + 2) * BLOCK };

/// The numbers of a tile's blocks, a row after the other as they are read.
typedef union tile_numbers {
  /// Of Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0, as stored: binary16.
  struct {
    uint16_t scales[TILE][CHUNK], offsets[TILE][CHUNK];
  } halves;
  /// Of the K types.
  struct {
    float scales[TILE][CHUNK], offsets[TILE][CHUNK], half_scales[2][TILE][CHUNK];
  } floats;
} tile_numbers;

/// So few tokens may be computed without tiles. What is converted then takes more room: a token's
/// blocks up to sixteen times.
enum { MAXIMUM_STREAMED_TOKENS = 2 };

/// A block of the activations of `lanes` tokens is this many bytes, in this order:
///   int8_t quants[lanes * 32]   in pieces, each of which holds the same columns of every token
///   float scales[lanes]
///   float scaled_sums[lanes]    scale times the sum of the quants
///   int32_t sums[lanes]         the sum of the quants
///   int32_t half_sums[lanes]    the sum of the first 16
static inline size_t block_byte_count(size_t lanes) { return lanes * (BLOCK + 16); }

/// What must be known of a type while it is compiled into a loop.
typedef struct block_traits {
  int bias;
  bool has_offsets;
  bool has_halves;
} block_traits;

static inline block_traits traits_of(tk_weight_type type) {
  switch (type) {
  case TK_Q4_0: return (block_traits){.bias = 8};
  case TK_Q5_0: return (block_traits){.bias = 16};
  case TK_Q8_0: return (block_traits){.bias = 128};
  case TK_Q6_K: return (block_traits){.bias = 32, .has_halves = true};
  case TK_Q4_1:
  case TK_Q5_1:
  case TK_Q4_K:
  case TK_Q5_K: return (block_traits){.has_offsets = true};
  default: return (block_traits){0};
  }
}

/// Blocks of a K type's super-block.
enum { SUPER = 8 };

/// Blocks that are stored together: those of a super-block.
static inline size_t blocks_stored_together(tk_weight_type type) {
  return type == TK_Q4_K || type == TK_Q5_K || type == TK_Q6_K ? SUPER : 1;
}

/// Bytes of blocks that are stored together.
static inline size_t stored_byte_count(tk_weight_type type) {
  switch (type) {
  case TK_Q4_0: return 18;
  case TK_Q4_1: return 20;
  case TK_Q5_0: return 22;
  case TK_Q5_1: return 24;
  case TK_Q8_0: return 34;
  case TK_Q4_K: return 144;
  case TK_Q5_K: return 176;
  case TK_Q6_K: return 210;
  case TK_F32:
  case TK_F16:
  case TK_BF16: return 0;
  }
}

#define LOAD(name, type) \
  static inline type name(const void *from) { \
    type value; \
    memcpy(&value, from, sizeof value); \
    return value; \
  }
LOAD(load_u16, uint16_t)
LOAD(load_u32, uint32_t)
LOAD(load_u64, uint64_t)
LOAD(load_float, float)
#undef LOAD

static inline size_t rounded_up(size_t count, size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

/// Columns of a row of floats, padded with zeros to whole vectors of any variant.
static inline size_t padded_columns(const tk_activations *activations) {
  return rounded_up(activations->column_count, BLOCK);
}

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/// Groups of tokens, all but the last of them whole.
static inline size_t group_count_of(const tk_activations *activations, size_t group_size) {
  return (activations->token_count + group_size - 1) / group_size;
}

/// How far ahead weights are fetched, at least: what comes from memory in some hundred nanoseconds.
enum { FETCH_DISTANCE = 16 << 10 };

/// Brings bytes that are needed next into the cache while others are computed with: stretches of
/// some length, a stride apart.
typedef struct fetcher {
  const uint8_t *stretch;
  size_t stride, length;
  /// How far it is in the current stretch.
  size_t offset;
  size_t lines_a_step;
} fetcher;

/// Asks for the next few cache lines.
static inline void fetch_step(fetcher *at) {
  const uint8_t *from = at->stretch + at->offset;
  for (size_t i = 0; i < at->lines_a_step; i++) { fetch_line(from + 64 * i); }
  at->offset += 64 * at->lines_a_step;
  if (at->offset >= at->length) {
    at->offset = 0;
    at->stretch += at->stride;
  }
}

/// The loops of a variant.
typedef struct product_loops {
  /// The most tokens in the lanes of one group.
  size_t group_size;
  void (*convert)(const tk_activations *, size_t first_group, size_t end_group);
  void (*multiply)(const tk_product *, size_t first_row, size_t end_row);
} product_loops;

extern const product_loops tk_products_portable, tk_products_avx2, tk_products_avx512,
    tk_products_neon;

/// The BF16 loop for processors with vdpbf16ps.
void tk_multiply_bf16_avx512(const tk_product *product, size_t first_row, size_t end_row);
