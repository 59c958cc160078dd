// Vectors that clang lowers to whatever the including file's target has.

#pragma once

#include "products.h"

// Functions with such parameters are inlined, or called from the same file only.
#pragma clang diagnostic ignored "-Wpsabi"

#define VECTOR(name, element, count) \
  typedef element name __attribute__((vector_size(count * sizeof(element)))); \
  static inline __attribute__((always_inline)) name load_##name(const void *from) { \
    name vector; \
    memcpy(&vector, from, sizeof vector); \
    return vector; \
  } \
  static inline __attribute__((always_inline)) void store_##name(name vector, void *to) { \
    memcpy(to, &vector, sizeof vector); \
  }
VECTOR(bytes4, uint8_t, 4)
VECTOR(bytes8, uint8_t, 8)
VECTOR(bytes16, uint8_t, 16)
VECTOR(bytes32, uint8_t, 32)
VECTOR(signed8, int8_t, 8)
VECTOR(signed16, int8_t, 16)
VECTOR(shorts16, int16_t, 16)
VECTOR(shorts32, int16_t, 32)
VECTOR(halves16, uint16_t, 16)
VECTOR(integers16, int32_t, 16)
VECTOR(words16, uint32_t, 16)
VECTOR(floats4, float, 4)
VECTOR(floats8, float, 8)
VECTOR(floats16, float, 16)
#undef VECTOR

/// Transposes a matrix of 8 rows of 8 floats.
static inline __attribute__((always_inline)) void transpose8(floats8 rows[8]) {
#define SHUFFLE(distance, low, high) \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i++) { \
    if (i & distance) { continue; } \
    const floats8 a = rows[i], b = rows[i + distance]; \
    rows[i] = __builtin_shufflevector(a, b, low); \
    rows[i + distance] = __builtin_shufflevector(a, b, high); \
  }
#define LIST(...) __VA_ARGS__
  // Swaps the off-diagonal quarters of the matrix, of its quarters, and so on.
  SHUFFLE(4, LIST(0, 1, 2, 3, 8, 9, 10, 11), LIST(4, 5, 6, 7, 12, 13, 14, 15))
  SHUFFLE(2, LIST(0, 1, 8, 9, 4, 5, 12, 13), LIST(2, 3, 10, 11, 6, 7, 14, 15))
  SHUFFLE(1, LIST(0, 8, 2, 10, 4, 12, 6, 14), LIST(1, 9, 3, 11, 5, 13, 7, 15))
#undef LIST
#undef SHUFFLE
}
