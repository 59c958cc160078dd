// Types whose numbers binary32 does not hold, by way of binary64.
#ifndef TK_WIDE_H
#define TK_WIDE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
  TK_WIDE_F64, TK_WIDE_BOOL, TK_WIDE_U8, TK_WIDE_I8, TK_WIDE_U16, TK_WIDE_I16, TK_WIDE_U32, TK_WIDE_I32,
  TK_WIDE_U64, TK_WIDE_I64,
} tk_wide_type;

typedef struct {
  size_t overflow_count, underflow_count, nan_count, lost_nan_count;
  double largest_absolute_error, largest_relative_error;
} tk_wide_loss;

// Reads numbers; false if binary64 does not hold all of them, which only 64-bit integers can do.
bool tk_wide_read(tk_wide_type type, const void *from, double *to, size_t count);

// Writes numbers: rounded to nearest, ties to even, and limited to the type's range; NaN becomes
// zero where there is none, and any number but zero is true. `became` gets what was written, NaN
// for what was limited.
void tk_wide_write(tk_wide_type type, const double *from, void *to, double *became, size_t count);

void tk_wide_from_floats(const float *from, double *to, size_t count);
void tk_wide_to_nearest_floats(const double *from, float *to, size_t count);

// Cut off, with the last bit set if anything was lost (ExactNumber.swift says what for).
void tk_wide_to_odd_floats(const double *from, float *to, size_t count);

// Adds what numbers lost that became others, counted as `tk_loss` says; `after` is NaN for those that
// were limited.
void tk_wide_measure(const double *before, const double *after, size_t count, tk_wide_loss *loss);

#endif
