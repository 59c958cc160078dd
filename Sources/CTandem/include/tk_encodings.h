#ifndef TK_ENCODINGS_H
#define TK_ENCODINGS_H

#include <stddef.h>

#include "tk_levels.h"
#include "tk_wide.h"

#pragma clang assume_nonnull begin

/// Converts whole blocks between a stored type and binary32, in either direction. Both may lie at
/// any alignment; they must not overlap.
typedef void tk_convert(const void *from, void *to, size_t block_count);

/// What became of numbers that were stored and read again. Numbers that are not finite before or
/// after have no error.
typedef struct tk_loss {
  /// Finite before, not after; or infinite before, another number or NaN after.
  size_t overflow_count;
  /// Zero after, but not before.
  size_t underflow_count;
  /// NaN before.
  size_t nan_count;
  /// NaN before, a number after.
  size_t lost_nan_count;
  float largest_absolute_error;
  /// As a part of the number before, zeros left out.
  float largest_relative_error;
} tk_loss;

/// Adds the loss of at most 2^24 numbers, both binary32 at any alignment.
typedef void tk_measure(const void *values, const void *restored, size_t count, tk_loss *loss);

/// The types that are read, each by a loop `decode_TYPE` of the table.
#define TK_DECODED_TYPES(type) \
  type(f16) type(bf16) \
  type(f8_e4m3) type(f8_e5m2) type(f8_e8m0) type(f8_e4m3fnuz) type(f8_e5m2fnuz) \
  type(q4_0) type(q4_1) type(q5_0) type(q5_1) type(q8_0) type(q8_1) \
  type(q2_k) type(q3_k) type(q4_k) type(q5_k) type(q6_k) type(q8_k) \
  type(iq1_s) type(iq1_m) type(iq2_xxs) type(iq2_xs) type(iq2_s) type(iq3_xxs) type(iq3_s) \
  type(iq4_nl) type(iq4_xs) \
  type(tq1_0) type(tq2_0) type(mxfp4) type(nvfp4) type(q1_0) type(q2_0)

/// The types that are written, each by a loop `encode_TYPE` of the table.
#define TK_ENCODED_TYPES(type) \
  type(f16) type(bf16) type(f8_e4m3) type(f8_e5m2) \
  type(q4_0) type(q4_1) type(q5_0) type(q5_1) type(q8_0) type(mxfp4) \
  type(q2_k) type(q3_k) type(q4_k) type(q5_k) type(q6_k) type(iq4_nl)

#define TK_DECODER(type) tk_convert *decode_##type;
#define TK_ENCODER(type) tk_convert *encode_##type;

/// The conversions of elements, for one level.
typedef struct tk_encodings {
  TK_DECODED_TYPES(TK_DECODER)
  TK_ENCODED_TYPES(TK_ENCODER)
  tk_measure *measure;
} tk_encodings;

/// The conversions for a level that this processor has.
const tk_encodings *tk_encodings_for(tk_level level);

#pragma clang assume_nonnull end

#endif
