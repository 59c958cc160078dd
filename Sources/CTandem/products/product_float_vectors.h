// Vectors of floating-point weights and what becomes of their products. The including file defines
//   fused(w, x, sum)          sum + w * x; rounded once wherever there is an instruction for it
//   floats_of_halves(from)    converts 16 numbers
//
// The law of one output: lane l of 16 sums the columns k with k mod 16 = l in ascending order (of
// BF16, (k mod 32) / 2 = l, the odd one of a pair first); then a tree adds lanes that are 8, 4, 2
// and 1 apart.

#pragma once

#include "product_lanes.h"

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

/// Adds the products of a vector of weights with one of activations.
static inline __attribute__((always_inline)) floats16 added(
    tk_weight_type type, floats16 sum, floats16 w, floats16 x) {
  return type == TK_BF16 ? added_pairs(sum, w, x) : fused(w, x, sum);
}

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

/// Stores the results of four rows, or fewer.
static inline __attribute__((always_inline)) void store_four(
    floats4 results, size_t row_count, bool adds, float *to) {
  if (row_count == FLOAT_ROWS) {
    return store_floats4((adds ? load_floats4(to) : (floats4){0}) + results, to);
  }
  for (size_t r = 0; r < row_count; r++) { to[r] = (adds ? to[r] : 0) + results[r]; }
}
