// Products of floating-point weights, four rows at a time. The including file defines
//   FLOAT_TOKENS              tokens that share the loads of weights
// and what product_float_vectors.h asks for.

#include "product_float_activations.h"
#include "product_float_vectors.h"
#include "product_float_token.h"

#pragma STDC FP_CONTRACT OFF

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
      sums[t][r] = added(type, sums[t][r], w[r], x);
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
      fetch_line(at.rows[r] + at.next);
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
  if (activations->token_count == 1) {
    return multiply_float_token(type, product, first_row, end_row);
  }
  const size_t token_bytes = padded_columns(activations) * activation_bytes_a_column(type);
  const size_t kept = rounded_up(KEPT_BYTES / token_bytes + 1, FLOAT_TOKENS);
  for (size_t token = 0; token < activations->token_count; token += kept) {
    const token_range tokens = {token, smaller(token + kept, activations->token_count)};
    multiply_floats_with(type, product, first_row, end_row, tokens);
  }
}
