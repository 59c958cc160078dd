// Activations for floating-point weights. The including file defines FLOAT_TOKENS, how many tokens
// share the loads of weights: their vectors alternate, so that they are read as one stream.

#pragma once

#include "product_lanes.h"

enum { FLOAT_VECTOR_BYTES = 64 };

/// Where a token's vectors lie.
typedef struct float_vectors {
  uint8_t *first;
  /// Bytes from one to the next.
  size_t stride;
} float_vectors;

static inline float_vectors vectors_of_token(
    const tk_activations *activations, size_t token, size_t bytes_a_column) {
  const size_t first = token / FLOAT_TOKENS * FLOAT_TOKENS;
  return (float_vectors){
      (uint8_t *)activations->converted + first * padded_columns(activations) * bytes_a_column +
          (token - first) * FLOAT_VECTOR_BYTES,
      smaller(FLOAT_TOKENS, activations->token_count - first) * FLOAT_VECTOR_BYTES};
}

static inline void copy_token(const tk_activations *activations, size_t token) {
  const size_t columns = activations->column_count, padded = padded_columns(activations);
  const float *input = activations->input + token * columns;
  float_vectors to = vectors_of_token(activations, token, sizeof *input);
  for (size_t k = 0; k < padded; k += 16, to.first += to.stride) {
    floats16 vector = {0};
    if (k + 16 <= columns) {
      vector = load_floats16(input + k);
    } else if (k < columns) {
      memcpy(&vector, input + k, (columns - k) * sizeof *input);
    }
    memcpy(to.first, &vector, sizeof vector);
  }
}

/// Rounds to BF16, ties to even; NaN stays NaN.
static inline uint16_t bf16_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  return (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? (bits >> 16 | 0x40) : rounded);
}

static inline void round_token_to_bf16(const tk_activations *activations, size_t token) {
  const size_t columns = activations->column_count, padded = padded_columns(activations);
  const float *input = activations->input + token * columns;
  float_vectors to = vectors_of_token(activations, token, sizeof(uint16_t));
  for (size_t k = 0; k < padded; k += 32, to.first += to.stride) {
    uint16_t vector[32] = {0};
    const size_t count = smaller(32, columns - smaller(k, columns));
    for (size_t i = 0; i < count; i++) { vector[i] = bf16_of(input[k + i]); }
    memcpy(to.first, vector, sizeof vector);
  }
}
