// Products of floating-point weights, four rows at a time. The including file defines
//   FLOAT_TOKENS              tokens that share the loads of weights
//   fused(w, x, sum)          sum + w * x; rounded once wherever there is an instruction for it
//   floats_of_halves(from)    converts 16 numbers
//
// The law of one output: lane l of 16 sums the columns k with k mod 16 = l in ascending order (of
// BF16, (k mod 32) / 2 = l, the odd one of a pair first); then a tree adds lanes that are 8, 4, 2
// and 1 apart.

#include "product_float_activations.h"

#pragma STDC FP_CONTRACT OFF

enum { FLOAT_ROWS = 4 };

static inline size_t bytes_a_column(tk_weight_type type) { return type == TK_F32 ? 4 : 2; }

/// Of activations: for F16 weights they are F32.
static inline size_t activation_bytes_a_column(tk_weight_type type) {
  return type == TK_BF16 ? 2 : 4;
}

/// Columns of a vector of 16 lanes.
static inline size_t columns_a_vector(tk_weight_type type) { return type == TK_BF16 ? 32 : 16; }

/// A vector of weights; of BF16, with two in a lane.
static inline __attribute__((always_inline)) floats16 weights_at(
    tk_weight_type type, const void *from) {
  return type == TK_F16 ? floats_of_halves(from) : load_floats16(from);
}

#if !defined(HAS_BF16)
/// Adds the products of pairs: what vdpbf16ps does. The products are exact, each sum is rounded.
static inline __attribute__((always_inline)) floats16 added_pairs(
    floats16 sum, floats16 w, floats16 x) {
  const floats16 odd =
      (floats16)((words16)w & 0xFFFF0000) * (floats16)((words16)x & 0xFFFF0000);
  const floats16 even = (floats16)((words16)w << 16) * (floats16)((words16)x << 16);
  return (sum + odd) + even;
}
#endif

/// The sums of the lanes of four vectors.
static inline __attribute__((always_inline)) floats4 reduced(const floats16 v[FLOAT_ROWS]) {
#define LOW 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
  const floats16 ab =
      __builtin_shufflevector(v[0], v[1], LOW) + __builtin_shufflevector(v[0], v[1], HIGH);
  const floats16 cd =
      __builtin_shufflevector(v[2], v[3], LOW) + __builtin_shufflevector(v[2], v[3], HIGH);
#undef LOW
#undef HIGH
  const floats16 fours =
      __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
      __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  const floats16 twos =
      fours + __builtin_shufflevector(
                  fours, fours, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  const floats16 ones =
      twos + __builtin_shufflevector(
                 twos, twos, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  return __builtin_shufflevector(ones, ones, 0, 4, 8, 12);
}

/// Four rows and the activations that they meet.
typedef struct float_rows {
  const uint8_t *rows[FLOAT_ROWS];
  /// The tokens' vectors alternate.
  const uint8_t *x;
  /// Bytes from these rows to those that are fetched meanwhile, and which of the four.
  size_t next;
  size_t first_fetched, end_fetched;
} float_rows;

/// Adds the products of one vector of columns of each row and token.
static inline __attribute__((always_inline)) void add_columns(
    tk_weight_type type, size_t token_count, const float_rows *at,
    floats16 sums[FLOAT_TOKENS][FLOAT_ROWS]) {
  floats16 w[FLOAT_ROWS];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < FLOAT_ROWS; r++) { w[r] = weights_at(type, at->rows[r]); }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < token_count; t++) {
    const floats16 x = load_floats16(at->x + t * FLOAT_VECTOR_BYTES);
#pragma clang loop unroll(full)
    for (size_t r = 0; r < FLOAT_ROWS; r++) {
      sums[t][r] = type == TK_BF16 ? added_pairs(sums[t][r], w[r], x) : fused(w[r], x, sums[t][r]);
    }
  }
}

/// The products of four rows with some tokens.
static inline __attribute__((always_inline)) void multiply_four_rows(
    tk_weight_type type, size_t token_count, float_rows at, size_t columns,
    floats4 results[FLOAT_TOKENS]) {
  const size_t step = columns_a_vector(type), rest = columns % step;
  floats16 sums[FLOAT_TOKENS][FLOAT_ROWS] = {{{0}}};
  for (size_t k = 0; k + step <= columns; k += step) {
    add_columns(type, token_count, &at, sums);
    for (size_t r = at.first_fetched; r < at.end_fetched; r++) {
      __builtin_prefetch(at.rows[r] + at.next);
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < FLOAT_ROWS; r++) { at.rows[r] += step * bytes_a_column(type); }
    at.x += token_count * FLOAT_VECTOR_BYTES;
  }
  if (rest > 0) {
    uint8_t padded[FLOAT_ROWS][64] = {{0}};
    for (size_t r = 0; r < FLOAT_ROWS; r++) {
      memcpy(padded[r], at.rows[r], rest * bytes_a_column(type));
      at.rows[r] = padded[r];
    }
    add_columns(type, token_count, &at, sums);
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < token_count; t++) { results[t] = reduced(sums[t]); }
}

static inline __attribute__((always_inline)) void store_four(
    floats4 results, size_t row_count, bool adds, float *to) {
  if (row_count == FLOAT_ROWS) {
    return store_floats4((adds ? load_floats4(to) : (floats4){0}) + results, to);
  }
  for (size_t r = 0; r < row_count; r++) { to[r] = (adds ? to[r] : 0) + results[r]; }
}

/// Bytes of activations that are met by all rows before the next ones: they stay in the second cache
/// beside the rows.
enum { KEPT_BYTES = 256 << 10 };

/// A range of tokens.
typedef struct token_range {
  size_t first, end;
} token_range;

/// The products of some rows with some tokens.
static inline __attribute__((always_inline)) void multiply_floats_with(
    tk_weight_type type, const tk_product *product, size_t first_row, size_t end_row,
    token_range tokens) {
  const tk_activations *activations = product->activations;
  // The first tokens wait for the rows, later ones find them in the cache: while each of a few
  // passes computes, a part of the next rows is fetched. With many, waiting counts for little.
  const size_t passes = (tokens.end - tokens.first + FLOAT_TOKENS - 1) / FLOAT_TOKENS;
  float_rows at = {.next = rounded_up(FETCH_DISTANCE, FLOAT_ROWS * product->row_byte_count)};
  for (size_t row = first_row; row < end_row; row += FLOAT_ROWS) {
    const size_t row_count = smaller(FLOAT_ROWS, end_row - row);
    for (size_t r = 0; r < FLOAT_ROWS; r++) {
      // A row that is missing is the last one again; its results are not stored.
      at.rows[r] = (const uint8_t *)product->weights +
                   (row + smaller(r, row_count - 1)) * product->row_byte_count;
    }
    for (size_t pass = 0; pass < passes; pass++) {
      const size_t token = tokens.first + pass * FLOAT_TOKENS;
      const size_t token_count = smaller(FLOAT_TOKENS, tokens.end - token);
      at.first_fetched = pass * FLOAT_ROWS / passes;
      at.end_fetched = passes <= 4 ? (pass + 1) * FLOAT_ROWS / passes : at.first_fetched;
      at.x = vectors_of_token(activations, token, activation_bytes_a_column(type)).first;
      floats4 results[FLOAT_TOKENS];
      switch (token_count) {
#define CASE(n) \
  case n: multiply_four_rows(type, n, at, activations->column_count, results); break;
        FLOAT_TOKEN_CASES
#undef CASE
      }
      for (size_t t = 0; t < token_count; t++) {
        store_four(
            results[t], row_count, product->adds,
            product->output + (token + t) * product->output_stride + row);
      }
    }
  }
}

static inline __attribute__((always_inline)) void multiply_floats(
    tk_weight_type type, const tk_product *product, size_t first_row, size_t end_row) {
  const tk_activations *activations = product->activations;
  const size_t token_bytes = padded_columns(activations) * activation_bytes_a_column(type);
  const size_t kept = rounded_up(KEPT_BYTES / token_bytes + 1, FLOAT_TOKENS);
  for (size_t token = 0; token < activations->token_count; token += kept) {
    const token_range tokens = {token, smaller(token + kept, activations->token_count)};
    multiply_floats_with(type, product, first_row, end_row, tokens);
  }
}
