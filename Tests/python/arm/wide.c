// Prints a digest of what each cast by way of binary64 makes of the same random bytes, so that
// processors can be compared.

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tk_wide.h"

enum { COUNT = 1 << 16 };

static uint64_t input[COUNT];
static double numbers[COUNT], became[COUNT];
static float floats[COUNT];
static uint8_t output[8 * COUNT];

static uint64_t next(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void print_digest(const char *what, int type, const void *bytes, size_t count) {
  uint64_t digest = 14695981039346656037u;
  for (size_t i = 0; i < count; i++) {
    digest = (digest ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
  }
  printf("%s %d %016llx\n", what, type, (unsigned long long)digest);
}

// Which NaN an operation gives is the processor's choice: any is as good.
static void make_nans_equal(double *x) {
  for (size_t i = 0; i < COUNT; i++) {
    if (x[i] != x[i]) { x[i] = NAN; }
  }
}

static void print_loss(const double *after) {
  tk_wide_loss loss = {0};
  tk_wide_measure(numbers, after, COUNT, &loss);
  printf("lost %zu %zu %zu %zu %a %a\n", loss.overflow_count, loss.underflow_count, loss.nan_count, loss.lost_nan_count,
         loss.largest_absolute_error, loss.largest_relative_error);
}

int main(void) {
  static const size_t sizes[] = {8, 1, 1, 1, 2, 2, 4, 4, 8, 8};
  uint64_t state = 88172645463325252u;
  for (size_t i = 0; i < COUNT; i++) { input[i] = next(&state); }
  for (int type = TK_WIDE_F64; type <= TK_WIDE_I64; type++) {
    if (type != TK_WIDE_F64) {
      bool is_exact = tk_wide_read((tk_wide_type)type, input, numbers, COUNT);
      print_digest(is_exact ? "reading exactly" : "reading", type, numbers, sizeof numbers);
    }
    // Numbers of any bits; and those around what the types end at, halves among them.
    for (int scale = 0; scale < 3; scale++) {
      for (size_t i = 0; i < COUNT; i++) {
        if (scale == 0) {
          memcpy(&numbers[i], &input[i], sizeof numbers[i]);
        } else {
          numbers[i] = ldexp((double)(int64_t)(input[i] % 2049) - 1024, scale == 1 ? -1 : (int)(input[i] >> 59) + 22);
        }
      }
      make_nans_equal(numbers);
      memset(output, 0, sizeof output);
      tk_wide_write((tk_wide_type)type, numbers, output, became, COUNT);
      make_nans_equal(became);
      print_digest("writing", type, output, sizes[type] * COUNT);
      print_digest("became", type, became, sizeof became);
      print_loss(became);
    }
  }
  for (size_t i = 0; i < COUNT; i++) { memcpy(&numbers[i], &input[i], sizeof numbers[i]); }
  make_nans_equal(numbers);
  tk_wide_to_nearest_floats(numbers, floats, COUNT);
  tk_wide_from_floats(floats, became, COUNT);
  make_nans_equal(became);
  print_digest("nearest floats", 0, became, sizeof became);
  print_loss(became);
  tk_wide_to_odd_floats(numbers, floats, COUNT);
  tk_wide_from_floats(floats, became, COUNT);
  make_nans_equal(became);
  print_digest("odd floats", 0, became, sizeof became);
}
