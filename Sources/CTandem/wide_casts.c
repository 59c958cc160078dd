#include "tk_wide.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// Reads a number of a type at any alignment.
#define LOAD(type, from, i) ({ type loaded; memcpy(&loaded, (const type *)(from) + (i), sizeof loaded); loaded; })

#define READ(type) \
  for (size_t i = 0; i < count; i++) { to[i] = (double)LOAD(type, from, i); } \
  return true;

// Every integer up to here has a binary64 number of its own.
#define EXACT (INT64_C(1) << 53)

bool tk_wide_read(tk_wide_type type, const void *from, double *to, size_t count) {
  bool is_exact = true;
  switch (type) {
    case TK_WIDE_F64: memcpy(to, from, count * sizeof *to); return true;
    case TK_WIDE_BOOL:
      for (size_t i = 0; i < count; i++) { to[i] = ((const uint8_t *)from)[i] != 0; }
      return true;
    case TK_WIDE_U8: READ(uint8_t)
    case TK_WIDE_I8: READ(int8_t)
    case TK_WIDE_U16: READ(uint16_t)
    case TK_WIDE_I16: READ(int16_t)
    case TK_WIDE_U32: READ(uint32_t)
    case TK_WIDE_I32: READ(int32_t)
    case TK_WIDE_U64:
      for (size_t i = 0; i < count; i++) {
        uint64_t number = LOAD(uint64_t, from, i);
        is_exact &= number <= EXACT;
        to[i] = (double)number;
      }
      return is_exact;
    case TK_WIDE_I64:
      for (size_t i = 0; i < count; i++) {
        int64_t number = LOAD(int64_t, from, i);
        is_exact &= -EXACT <= number && number <= EXACT;
        to[i] = (double)number;
      }
      return is_exact;
  }
  return false;
}

// The nearest integer of a number within 2^51: the sum has no places behind the point.
static inline double rounded(double x) {
  const double shift = 0x1.8p52;
  return (x + shift) - shift;
}

// Writes integers of at most 32 bits.
#define WRITE(type, lowest, highest) \
  for (size_t i = 0; i < count; i++) { \
    double x = from[i] == from[i] ? from[i] : 0; \
    double limited = x < lowest - 1.0 ? lowest - 1.0 : x > highest + 1.0 ? highest + 1.0 : x; \
    double whole = rounded(limited); \
    double kept = whole < lowest ? lowest : whole > highest ? highest : whole; \
    type number = (type)(int64_t)kept; \
    memcpy((type *)to + i, &number, sizeof number); \
    became[i] = kept == whole ? kept : NAN; \
  } \
  return;

// The first number that is too large for 64-bit integers; the largest ones themselves are no
// binary64 numbers.
#define WRITE_64(type, lowest, beyond, largest) \
  for (size_t i = 0; i < count; i++) { \
    double whole = from[i] == from[i] ? rint(from[i]) : 0; \
    type number = whole < lowest ? (type)lowest : whole >= beyond ? largest : (type)whole; \
    memcpy((type *)to + i, &number, sizeof number); \
    became[i] = whole < lowest || whole >= beyond ? NAN : whole; \
  } \
  return;

void tk_wide_write(tk_wide_type type, const double *from, void *to, double *became, size_t count) {
  switch (type) {
    case TK_WIDE_F64:
      memcpy(to, from, count * sizeof *from);
      memcpy(became, from, count * sizeof *from);
      return;
    case TK_WIDE_BOOL:
      for (size_t i = 0; i < count; i++) {
        ((uint8_t *)to)[i] = from[i] != 0;
        became[i] = from[i] != 0;
      }
      return;
    case TK_WIDE_U8: WRITE(uint8_t, 0.0, 255.0)
    case TK_WIDE_I8: WRITE(int8_t, -128.0, 127.0)
    case TK_WIDE_U16: WRITE(uint16_t, 0.0, 65535.0)
    case TK_WIDE_I16: WRITE(int16_t, -32768.0, 32767.0)
    case TK_WIDE_U32: WRITE(uint32_t, 0.0, 4294967295.0)
    case TK_WIDE_I32: WRITE(int32_t, -2147483648.0, 2147483647.0)
    case TK_WIDE_U64: WRITE_64(uint64_t, 0.0, 0x1p64, UINT64_MAX)
    case TK_WIDE_I64: WRITE_64(int64_t, -0x1p63, 0x1p63, INT64_MAX)
  }
}

void tk_wide_from_floats(const float *from, double *to, size_t count) {
  for (size_t i = 0; i < count; i++) { to[i] = from[i]; }
}

void tk_wide_to_nearest_floats(const double *from, float *to, size_t count) {
  for (size_t i = 0; i < count; i++) { to[i] = (float)from[i]; }
}

void tk_wide_to_odd_floats(const double *from, float *to, size_t count) {
  for (size_t i = 0; i < count; i++) {
    double x = from[i];
    float nearest = (float)x;
    uint32_t bits;
    memcpy(&bits, &nearest, sizeof bits);
    uint32_t cut = (bits - (fabs((double)nearest) > fabs(x))) | 1;
    bits = (double)nearest == x || x != x ? bits : cut;
    memcpy(&to[i], &bits, sizeof bits);
  }
}

void tk_wide_measure(const double *before, const double *after, size_t count, tk_wide_loss *loss) {
  // Mostly nothing is lost, which is soon seen: NaN differs from itself.
  size_t differences = 0;
  for (size_t i = 0; i < count; i++) { differences += before[i] != after[i]; }
  if (differences == 0) return;
  size_t overflows = 0, underflows = 0, nans = 0, lost_nans = 0;
  double absolute = loss->largest_absolute_error, relative = loss->largest_relative_error;
  for (size_t i = 0; i < count; i++) {
    double x = before[i], y = after[i], size = fabs(x);
    if (!((size < INFINITY) & (fabs(y) < INFINITY))) {
      nans += x != x;
      lost_nans += (x != x) & (y == y);
      overflows += (x == x) & (x != y);
      continue;
    }
    underflows += (x != 0) & (y == 0);
    double error = fabs(x - y);
    absolute = error > absolute ? error : absolute;
    // A quotient can only be a new maximum where the product says so; rounding keeps order.
    if ((error > 0) & (error >= relative * size) & (x != 0)) {
      double part = error / size;
      relative = part > relative ? part : relative;
    }
  }
  loss->overflow_count += overflows;
  loss->underflow_count += underflows;
  loss->nan_count += nans;
  loss->lost_nan_count += lost_nans;
  loss->largest_absolute_error = absolute;
  loss->largest_relative_error = relative;
}
