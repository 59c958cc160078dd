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

/// Transposes a matrix of 16 rows of 16 floats.
static inline __attribute__((always_inline)) void transpose16(floats16 rows[16]) {
#define SHUFFLE(distance, low, high) \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) { \
    if (i & distance) { continue; } \
    const floats16 a = rows[i], b = rows[i + distance]; \
    rows[i] = __builtin_shufflevector(a, b, low); \
    rows[i + distance] = __builtin_shufflevector(a, b, high); \
  }
#define LIST(...) __VA_ARGS__
  // Swaps the off-diagonal quarters of the matrix, of its quarters, and so on.
  SHUFFLE(8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
          LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  SHUFFLE(4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
          LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  SHUFFLE(2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
          LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  SHUFFLE(1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
          LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#undef LIST
#undef SHUFFLE
}
