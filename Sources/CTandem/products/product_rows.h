// Products of quantised weights, tile by tile. The including file defines
//   unpack_rows(type, from, stride, block_count, tile)
//                             unpacks a chunk of sixteen rows
//   add_tile(traits, lanes, tile, block_count, blocks, next, sums)
//                             adds the products of a chunk to the sums of a group's tokens, and
//                             meanwhile fetches what is next
//   store_tile(lanes, sums, output, stride, row_count, token_count, adds)
//
// The law of one output, whatever the lanes: for each block in ascending order,
//   term = float(exact integer sum) * (weight scale * activation scale)
//   term = term + weight offset * scaled sum of the activations     (types with offsets only)
//   sum = sum + term

#include "product_activations.h"

/// A range of a row's blocks.
typedef struct block_range {
  size_t first, count;
} block_range;

/// Blocks of all chunks but the last: whole super-blocks, about equal.
static inline size_t blocks_in_chunk(size_t block_count) {
  const size_t chunk_count = (block_count + CHUNK - 1) / CHUNK;
  return rounded_up((block_count + chunk_count - 1) / chunk_count, SUPER);
}

/// Bytes of a chunk of a row, at most: as many of Q8_0.
enum { CHUNK_BYTES = CHUNK * 34 };

static inline __attribute__((always_inline)) void unpack_tile(
    tk_weight_type type, const tk_product *product, size_t first_row, size_t row_count,
    block_range blocks, weight_tile *tile) {
  const size_t stride = product->row_byte_count;
  const size_t bytes_a_block_of_8 = 8 * stride / (product->activations->column_count / BLOCK);
  const uint8_t *from = (const uint8_t *)product->weights + first_row * stride +
                        blocks.first / 8 * bytes_a_block_of_8;
  if (first_row + TILE < product->row_count) {
    return unpack_rows(type, from, stride, blocks.count, tile);
  }
  // Vectors that begin in the matrix may end behind it, unless its last rows are copied. Rows that
  // are missing are zeros; what comes of them is not stored.
  uint8_t padded[TILE + 1][CHUNK_BYTES];
  if (row_count < TILE) { memset(padded, 0, sizeof padded); }
  for (size_t row = 0; row < row_count; row++) {
    memcpy(padded[row], from + row * stride, blocks.count * bytes_a_block_of_8 / 8);
  }
  unpack_rows(type, padded[0], CHUNK_BYTES, blocks.count, tile);
}

static inline __attribute__((always_inline)) void add_group(
    block_traits traits, const weight_tile *tile, block_range range, size_t lanes,
    const uint8_t *blocks, fetcher *next, float *sums) {
  blocks += range.first * block_byte_count(lanes);
  switch (lanes) {
#define CASE(n) \
  case n: return add_tile(traits, n, tile, range.count, blocks, next, sums);
    LANE_CASES
#undef CASE
  }
}

/// Fetches what is unpacked next: the same rows' next chunk, or the next rows' first one.
static inline fetcher fetcher_of_next(
    const tk_product *product, size_t row, block_range range, size_t block_count, size_t chunk) {
  const size_t end = range.first + range.count, stride = product->row_byte_count;
  const uint8_t *rows = (const uint8_t *)product->weights + row * stride;
  fetcher next = {.stride = stride};
  size_t stretch_count = TILE;
  if (range.count == block_count) {
    // Whole rows follow each other.
    next.stretch = rows + rounded_up(FETCH_DISTANCE, TILE * stride);
    next.length = TILE * stride;
    stretch_count = 1;
  } else if (end < block_count) {
    next.stretch = rows + end * stride / block_count;
    next.length = smaller(chunk, block_count - end) * stride / block_count;
  } else {
    next.stretch = rows + TILE * stride;
    next.length = chunk * stride / block_count;
  }
  const size_t steps = range.count > stretch_count ? range.count / stretch_count : 1;
  next.lines_a_step = (next.length / 64 + steps) / steps;
  return next;
}

/// Fetches a thread's first tile, since none before it did.
static inline void fetch_first_tile(const tk_product *product, size_t first_row, size_t end_row) {
  const size_t stride = product->row_byte_count, rows = smaller(TILE, end_row - first_row);
  const uint8_t *from = (const uint8_t *)product->weights + first_row * stride;
  for (size_t i = 0; i < rows * stride; i += 64) { fetch_line(from + i); }
}

static inline __attribute__((always_inline)) void multiply_blocks(
    tk_weight_type type, const tk_product *product, size_t first_row, size_t end_row) {
  const tk_activations *activations = product->activations;
  const block_traits traits = traits_of(type);
  const size_t block_count = activations->column_count / BLOCK;
  const size_t chunk = blocks_in_chunk(block_count);
  const size_t group_count = group_count_of(activations, GROUP_SIZE);
  weight_tile tile;
  _Alignas(64) float sums[TK_MAXIMUM_TOKEN_COUNT / GROUP_SIZE][GROUP_SIZE * TILE];
  fetch_first_tile(product, first_row, end_row);
  for (size_t row = first_row; row < end_row; row += TILE) {
    const size_t row_count = smaller(TILE, end_row - row);
    memset(sums, 0, group_count * sizeof sums[0]);
    for (size_t block = 0; block < block_count; block += chunk) {
      const block_range range = {block, smaller(chunk, block_count - block)};
      const bool is_last = block + range.count == block_count;
      unpack_tile(type, product, row, row_count, range, &tile);
      fetcher next = fetcher_of_next(product, row, range, block_count, chunk);
      for (size_t group = 0; group < group_count; group++) {
        const size_t token_count = tokens_of_group(activations, group);
        const size_t lanes = lanes_for(token_count);
        float *output =
            product->output + group * GROUP_SIZE * product->output_stride + row;
        // The outputs of many tokens do not stay in the cache from one tile to the next.
        for (size_t token = 0; is_last && token < token_count; token++) {
          __builtin_prefetch(output + token * product->output_stride, 1);
        }
        add_group(
            traits, &tile, range, lanes, blocks_of_group(activations, group), &next, sums[group]);
        next.lines_a_step = 0;
        if (is_last) {
          store_tile(
              lanes, sums[group], output, product->output_stride, row_count, token_count,
              product->adds);
        }
      }
    }
  }
}

// A function for each type, so that each loop is compiled for one.
#define FLOAT_TYPES(define) define(TK_F32) define(TK_F16) define(TK_BF16)
#define BLOCK_TYPES(define) \
  define(TK_Q4_0) define(TK_Q4_1) define(TK_Q5_0) define(TK_Q5_1) define(TK_Q8_0) \
  define(TK_Q4_K) define(TK_Q5_K) define(TK_Q6_K)

#define DEFINE(type, loop) \
  static void multiply_##type(const tk_product *product, size_t first_row, size_t end_row) { \
    loop(type, product, first_row, end_row); \
  }
#define DEFINE_FLOATS(type) DEFINE(type, multiply_floats)
#define DEFINE_BLOCKS(type) DEFINE(type, multiply_blocks)
FLOAT_TYPES(DEFINE_FLOATS)
BLOCK_TYPES(DEFINE_BLOCKS)

static void multiply(const tk_product *product, size_t first_row, size_t end_row) {
  switch (product->type) {
#define CASE(type) \
  case type: return multiply_##type(product, first_row, end_row);
    FLOAT_TYPES(CASE)
    BLOCK_TYPES(CASE)
#undef CASE
  }
}
