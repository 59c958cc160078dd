// Searches for the scales of parts of a block, TK_LANES parts at a time with a lane each, so that
// the sums of a part are formed in the order of ggml's reference. `x` holds a part's numbers down
// its lane; what is found for them, `codes` holds in the same way.

#include <stdbool.h>

enum { LONGEST_PART = 32 };

// Gives each of TK_LANES consecutive parts its lane.
static inline void part_lanes(const any_float *values, int length, lanes_f *x) {
  float column[TK_LANES];
  for (int i = 0; i < length; i++) {
    for (int lane = 0; lane < TK_LANES; lane++) { column[lane] = values[length * lane + i]; }
    memcpy(&x[i], column, sizeof column);
  }
}

// The reverse, for codes that fit a byte.
static inline void store_part_codes(const lanes_f *codes, int length, uint8_t *to) {
  for (int i = 0; i < length; i++) {
    lanes_i column = CONVERTED(lanes_i, codes[i]);
    for (int lane = 0; lane < TK_LANES; lane++) { to[length * lane + i] = (uint8_t)column[lane]; }
  }
}

// A number this large has no places after the point: adding it rounds to an integer.
#define ROUNDER 12582912.0f
#define ROUNDER_BITS 0x4B400000

// The nearest integer, as ggml takes it from the low bits of a sum: numbers beyond 2^22 wrap round.
static inline int nearest(float x) {
  float sum = x + ROUNDER;
  uint32_t bits;
  memcpy(&bits, &sum, sizeof bits);
  return (int)(bits & 0x7FFFFF) - 0x400000;
}

// The same for lanes, limited to a range.
static inline lanes_f nearest_lanes(lanes_f x, int low, int high) {
  lanes_i sum = ((lanes_i)(x + ROUNDER) & 0x7FFFFF) | (ROUNDER_BITS & ~0x7FFFFF);
  sum = sum > ROUNDER_BITS + low ? sum : ROUNDER_BITS + low;
  sum = sum < ROUNDER_BITS + high ? sum : ROUNDER_BITS + high;
  return (lanes_f)sum - ROUNDER;
}

static inline lanes_f absolute(lanes_f x) { return (lanes_f)magnitude_of((lanes_u)x); }

// The number of largest magnitude of each part, the first one of several.
static inline lanes_f largest_numbers(const lanes_f *x, int length) {
  lanes_f largest = 0, magnitude = 0;
  for (int i = 0; i < length; i++) {
    lanes_i is_larger = absolute(x[i]) > magnitude;
    magnitude = is_larger ? absolute(x[i]) : magnitude;
    largest = is_larger ? x[i] : largest;
  }
  return largest;
}

// Parts whose numbers are all smaller count as zero.
#define SMALLEST_PART 1e-15f

// How codes from 0 to `largest` are sought that stand for numbers from a minimum on: by `step_count`
// further factors, the first one `first` more than the obvious one, each `step` more than the last.
typedef struct affine_search {
  int length, largest, step_count;
  float first, step;
  // Whether errors count by magnitude, not by square.
  bool by_magnitude;
} affine_search;

static inline lanes_f affine_error(
    const lanes_f *x, const lanes_f *weights, const lanes_f *codes, lanes_f scale, lanes_f minimum,
    affine_search search) {
  lanes_f error = 0;
  for (int i = 0; i < search.length; i++) {
    lanes_f difference = scale * codes[i] + minimum - x[i];
    error += weights[i] * (search.by_magnitude ? absolute(difference) : difference * difference);
  }
  return error;
}

// Finds scales and (negated) minima: `make_qkx2_quants` of ggml.
static inline __attribute__((always_inline)) void affine_fit(
    const lanes_f *x, const lanes_f *weights, affine_search search, lanes_f *scales,
    lanes_f *minima, lanes_f *codes) {
  lanes_f minimum = x[0], maximum = x[0], weight_sum = weights[0], sum = weights[0] * x[0];
  for (int i = 1; i < search.length; i++) {
    minimum = x[i] < minimum ? x[i] : minimum;
    maximum = x[i] > maximum ? x[i] : maximum;
    weight_sum += weights[i];
    sum += weights[i] * x[i];
  }
  minimum = minimum > 0 ? 0 : minimum;
  lanes_i is_flat = maximum == minimum;
  lanes_f flat_minimum = minimum, factor = (float)search.largest / (maximum - minimum);
  lanes_f scale = 1 / factor, best_factor = factor, best_offset = minimum;
  for (int i = 0; i < search.length; i++) {
    codes[i] = nearest_lanes(factor * (x[i] - minimum), 0, search.largest);
  }
  lanes_f best = affine_error(x, weights, codes, scale, minimum, search);
  for (int step = 0; step <= search.step_count; step++) {
    factor = (search.first + search.step * (float)step + (float)search.largest) / (maximum - minimum);
    lanes_f code_sum = 0, square_sum = 0, product_sum = 0;
    for (int i = 0; i < search.length; i++) {
      codes[i] = nearest_lanes(factor * (x[i] - minimum), 0, search.largest);
      lanes_f weighted = weights[i] * codes[i];
      code_sum += weighted;
      square_sum += weighted * codes[i];
      product_sum += weighted * x[i];
    }
    lanes_f determinant = weight_sum * square_sum - code_sum * code_sum;
    lanes_f new_scale = (weight_sum * product_sum - sum * code_sum) / determinant;
    lanes_f new_minimum = (square_sum * sum - code_sum * product_sum) / determinant;
    lanes_i is_above = new_minimum > 0;
    new_minimum = is_above ? 0 : new_minimum;
    new_scale = is_above ? product_sum / square_sum : new_scale;
    lanes_f error = affine_error(x, weights, codes, new_scale, new_minimum, search);
    lanes_i is_better = determinant > 0 & error < best;
    best = is_better ? error : best;
    best_factor = is_better ? factor : best_factor;
    best_offset = is_better ? minimum : best_offset;
    scale = is_better ? new_scale : scale;
    minimum = is_better ? new_minimum : minimum;
  }
  for (int i = 0; i < search.length; i++) {
    lanes_f code = nearest_lanes(best_factor * (x[i] - best_offset), 0, search.largest);
    codes[i] = is_flat ? 0 : code;
  }
  *scales = is_flat ? 0 : scale;
  *minima = -(is_flat ? flat_minimum : minimum);
}

// What makes one factor better than another for codes around zero: the sum of w x q, squared, over
// the sum of w q², where w is x².
typedef struct symmetric_sums { lanes_f products, squares; } symmetric_sums;

static inline symmetric_sums symmetric_sums_of(
    const lanes_f *x, int length, int range, lanes_f factor) {
  lanes_f products = 0, squares = 0;
  for (int i = 0; i < length; i++) {
    lanes_f code = nearest_lanes(factor * x[i], -range, range - 1);
    lanes_f weight = x[i] * x[i];
    products += weight * x[i] * code;
    squares += weight * code * code;
  }
  return (symmetric_sums){products, squares};
}

// Finds scales for codes around zero, and codes from 0 to 2 `range` - 1: `make_qx_quants` of ggml
// with weights x².
static inline __attribute__((always_inline)) lanes_f symmetric_fit(
    const lanes_f *x, int length, int range, lanes_f *codes) {
  lanes_f largest = largest_numbers(x, length);
  lanes_i is_zero = absolute(largest) < SMALLEST_PART;
  lanes_f best_factor = (float)-range / largest;
  symmetric_sums sums = symmetric_sums_of(x, length, range, best_factor);
  lanes_f scale = sums.squares != 0 ? sums.products / sums.squares : 0;
  lanes_f best = scale * sums.products;
  for (int step = -9; step <= 9; step++) {
    if (step == 0) { continue; }
    lanes_f factor = -((float)range + 0.1f * (float)step) / largest;
    sums = symmetric_sums_of(x, length, range, factor);
    lanes_i is_better =
      sums.squares > 0 & sums.products * sums.products > best * sums.squares;
    best_factor = is_better ? factor : best_factor;
    scale = is_better ? sums.products / sums.squares : scale;
    best = is_better ? scale * sums.products : best;
  }
  for (int i = 0; i < length; i++) {
    lanes_f code = nearest_lanes(best_factor * x[i], -range, range - 1) + (float)range;
    codes[i] = is_zero ? 0 : code;
  }
  return is_zero ? 0 : scale;
}

// Finds scales for codes around zero by changing one code after the other, up to five times round:
// `make_q3_quants` of ggml.
static inline __attribute__((always_inline)) lanes_f descending_fit(
    const lanes_f *x, int length, int range, lanes_f *codes) {
  lanes_f largest = largest_numbers(x, length);
  lanes_i is_zero = absolute(largest) < SMALLEST_PART;
  lanes_f factor = (float)-range / largest, products = 0, squares = 0;
  for (int i = 0; i < length; i++) {
    codes[i] = nearest_lanes(factor * x[i], -range, range - 1);
    lanes_f weight = x[i] * x[i];
    products += weight * x[i] * codes[i];
    squares += weight * codes[i] * codes[i];
  }
  for (int turn = 0; turn < 5; turn++) {
    lanes_i changes = 0;
    for (int i = 0; i < length; i++) {
      lanes_f weight = x[i] * x[i], weighted = weight * x[i];
      lanes_f other_products = products - weighted * codes[i];
      lanes_f other_squares = squares - weight * codes[i] * codes[i];
      lanes_f code = nearest_lanes(x[i] * other_squares / other_products, -range, range - 1);
      lanes_f new_products = other_products + weighted * code;
      lanes_f new_squares = other_squares + weight * code * code;
      lanes_i is_better = other_products > 0 & code != codes[i] & new_squares > 0
        & new_products * new_products * squares > products * products * new_squares;
      codes[i] = is_better ? code : codes[i];
      products = is_better ? new_products : products;
      squares = is_better ? new_squares : squares;
      changes |= is_better;
    }
    if (!__builtin_reduce_or(changes)) { break; }
  }
  for (int i = 0; i < length; i++) { codes[i] = is_zero ? 0 : codes[i] + (float)range; }
  return !is_zero & squares > 0 ? products / squares : 0;
}
