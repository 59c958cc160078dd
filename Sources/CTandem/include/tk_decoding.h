#ifndef TK_DECODING_H
#define TK_DECODING_H

#include <stdbool.h>
#include <stddef.h>

#include "tk_levels.h"

#pragma clang assume_nonnull begin

/// The largest width of a head.
enum { TK_MAXIMUM_HEAD_SIZE = 512 };

/// Positions are laid out, and attended to, in groups of this many: a cache has room for a multiple
/// of it.
enum { TK_POSITION_GROUP = 64 };

/// The keys and values of a layer.
typedef struct tk_cache {
  /// (head, position / 16, element, position % 16)
  void *keys;
  /// (head, position, element), each position padded to a multiple of 16 elements.
  void *values;
  size_t head_count;
  size_t head_size;
  /// A multiple of TK_POSITION_GROUP.
  size_t position_count;
  /// Whether elements are binary16; else binary32.
  bool is_half;
} tk_cache;

/// The attention of a block of tokens over a cache that holds them already.
typedef struct tk_attention {
  tk_cache cache;
  /// (token, head, element)
  const float *queries;
  float *output;
  size_t token_count;
  /// A multiple of the cache's heads: as many query heads share keys and values.
  size_t head_count;
  /// The position of the first token.
  size_t first_position;
  /// How many positions a token sees, itself included.
  size_t window;
  /// What products of queries and keys are multiplied by.
  float scale;
  /// Scores s become cap · tanh(s / cap); zero if they stay.
  float cap;
} tk_attention;

/// The loops of a decoder beside its products, for one level. What is computed for a token does not
/// depend on other tokens, and is the same at every level.
typedef struct tk_decoding {
  /// y = x / sqrt(mean(x²) + epsilon) · weight
  void (*rms_norm)(
    const float *x, const float *weight, float epsilon, float *y, size_t count);
  /// y = (x − mean(x)) / sqrt(variance(x) + epsilon) · weight + bias
  void (*layer_norm)(
    const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t count);
  /// x = x + y
  void (*add)(float *x, const float *y, size_t count);
  /// gate = gate / (1 + exp(−gate)) · up
  void (*swiglu)(float *gate, const float *up, size_t count);
  /// x = GELU(x), approximated with tanh.
  void (*gelu)(float *x, size_t count);
  /// x = x · y
  void (*multiply)(float *x, const float *y, size_t count);
  /// x = cap · tanh(x / cap)
  void (*cap)(float *x, float cap, size_t count);
  /// Rotates pairs of a head's elements: i with i + `pair_count`, or 2i with 2i + 1.
  void (*rotate)(
    float *head, const float *cosines, const float *sines, size_t pair_count, bool neighbours);
  /// Takes a position's keys and values, (head, element) each.
  void (*store)(const tk_cache *cache, const float *keys, const float *values, size_t position);
  /// Attends for some pairs of a cache's head and a token, counted token by token, then head by head.
  void (*attend)(const tk_attention *attention, size_t first, size_t end);
} tk_decoding;

/// The loops for a level that this processor has.
const tk_decoding *tk_decoding_for(tk_level level);

#pragma clang assume_nonnull end

#endif
