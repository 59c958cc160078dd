// Products of floating-point weights with a single token: they wait for nothing but memory, which is
// fastest when it is read from its beginning to its end, a row after the other.

#include "product_float_vectors.h"

#pragma STDC FP_CONTRACT OFF

/// The lanes' sums of one row.
static inline __attribute__((always_inline)) floats16 lane_sums(
    tk_weight_type type, const uint8_t *row, const uint8_t *x, size_t columns) {
  const size_t step = columns_a_vector(type), bytes = step * bytes_a_column(type);
  const size_t rest = columns % step * bytes_a_column(type);
  floats16 sum = {0};
  for (size_t k = 0; k + step <= columns; k += step, row += bytes, x += sizeof sum) {
    sum = added(type, sum, weights_at(type, row), load_floats16(x));
  }
  if (rest > 0) {
    uint8_t padded[sizeof sum] = {0};
    memcpy(padded, row, rest);
    sum = added(type, sum, weights_at(type, padded), load_floats16(x));
  }
  return sum;
}

/// The products of some rows with the one token.
static inline __attribute__((always_inline)) void multiply_float_token(
    tk_weight_type type, const tk_product *product, size_t first_row, size_t end_row) {
  const size_t stride = product->row_byte_count, columns = product->activations->column_count;
  const uint8_t *x = product->activations->converted;
  const uint8_t *weights = (const uint8_t *)product->weights + first_row * stride;
  for (size_t row = first_row; row < end_row; row += FLOAT_ROWS) {
    const size_t row_count = smaller(FLOAT_ROWS, end_row - row);
    floats16 sums[FLOAT_ROWS] = {{0}};
    for (size_t r = 0; r < row_count; r++, weights += stride) {
      sums[r] = lane_sums(type, weights, x, columns);
    }
    store_four(reduced(sums), row_count, product->adds, product->output + row);
  }
}
