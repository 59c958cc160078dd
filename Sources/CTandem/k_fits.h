// Searches for the scales of parts of a block, TK_LANES parts at a time with a lane each, so that
// the sums of a part are formed in the order of ggml's reference. `x` holds a part's numbers down
// its lane; what is found for them, `codes` holds in the same way.

#include <stdbool.h>

enum { LONGEST_PART = 32 };

// Gives each of TK_LANES consecutive parts its lane.
static inline void part_lanes(const any_float *values, int length, lanes_f *x) {
  for (int lane = 0; lane < TK_LANES; lane++) {
    for (int i = 0; i < length; i++) {
      memcpy((float *)(x + i) + lane, values + length * lane + i, sizeof *values);
    }
  }
}

// The reverse, for codes that fit a byte.
static inline void store_part_codes(const lanes_f *codes, int length, uint8_t *to) {
  uint8_t columns[LONGEST_PART * TK_LANES];
  for (int i = 0; i < length; i++) {
    store_lanes_u8(CONVERTED(lanes_u8, CONVERTED(lanes_i, codes[i])), columns + TK_LANES * i);
  }
  for (int lane = 0; lane < TK_LANES; lane++) {
    for (int i = 0; i < length; i++) { to[length * lane + i] = columns[TK_LANES * i + lane]; }
  }
}

// A number this large has no places after the point: adding it rounds to an integer.
#define ROUNDER 12582912.0f
#define ROUNDER_BITS 0x4B400000

// The nearest integer, as ggml takes it from the low bits of a sum: numbers beyond 2^22 wrap round.
// NaN, whose low bits are the processor's choice, becomes 0.
static inline int nearest(float x) {
  float sum = x == x ? x + ROUNDER : ROUNDER;
  uint32_t bits;
  memcpy(&bits, &sum, sizeof bits);
  return (int)(bits & 0x7FFFFF) - 0x400000;
}

// The same for lanes, limited to a range; NaN becomes any number.
static inline lanes_f nearest_lanes(lanes_f x, int low, int high) {
  lanes_i sum = ((lanes_i)(x + ROUNDER) & 0x7FFFFF) | (ROUNDER_BITS & ~0x7FFFFF);
  sum = sum > ROUNDER_BITS + low ? sum : ROUNDER_BITS + low;
  sum = sum < ROUNDER_BITS + high ? sum : ROUNDER_BITS + high;
  return (lanes_f)sum - ROUNDER;
}

// The same for codes that are kept; NaN becomes 0.
static inline lanes_f nearest_codes(lanes_f x, int low, int high) {
  return nearest_lanes(x == x ? x : 0, low, high);
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

// How codes from 0 to `largest` are sought that stand for numbers from a minimum on: the obvious
// factor makes the largest number `largest`; further ones make it `first` more, and then `step`
// more each time, `step_count` times.
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
    float top = search.first + search.step * (float)step + (float)search.largest;
    factor = top / (maximum - minimum);
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
    lanes_i is_better = (determinant > 0) & (error < best);
    best = is_better ? error : best;
    best_factor = is_better ? factor : best_factor;
    best_offset = is_better ? minimum : best_offset;
    scale = is_better ? new_scale : scale;
    minimum = is_better ? new_minimum : minimum;
  }
  for (int i = 0; i < search.length; i++) {
    lanes_f code = nearest_codes(best_factor * (x[i] - best_offset), 0, search.largest);
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
      (sums.squares > 0) & (sums.products * sums.products > best * sums.squares);
    best_factor = is_better ? factor : best_factor;
    scale = is_better ? sums.products / sums.squares : scale;
    best = is_better ? scale * sums.products : best;
  }
  for (int i = 0; i < length; i++) {
    lanes_f code = nearest_codes(best_factor * x[i], -range, range - 1) + (float)range;
    codes[i] = is_zero ? 0 : code;
  }
  return is_zero ? 0 : scale;
}

// The vectors of lanes that `descending_fit` takes: two, because each code waits for the sums with
// the last one, and one vector would leave the processor idle.
enum { DESCENTS = 2 };

// Tries the best code for a number when the others of its part stay; tells where it was better.
static inline lanes_i change_code(lanes_f x, int range, lanes_f *code, symmetric_sums *sums) {
  lanes_f weight = x * x, weighted = weight * x;
  lanes_f products = sums->products - weighted * *code;
  lanes_f squares = sums->squares - weight * *code * *code;
  lanes_f new_code = nearest_lanes(x * squares / products, -range, range - 1);
  lanes_i is_new = (products > 0) & (new_code != *code);
  products += weighted * new_code;
  squares += weight * new_code * new_code;
  lanes_i is_better =
    is_new & (squares > 0)
    & (products * products * sums->squares > sums->products * sums->products * squares);
  *code = is_better ? new_code : *code;
  sums->products = is_better ? products : sums->products;
  sums->squares = is_better ? squares : sums->squares;
  return is_better;
}

// Finds scales for codes around zero by changing one code after the other, up to five times round:
// `make_q3_quants` of ggml, for parts of 16 numbers.
static inline void descending_fit(
    const lanes_f x[DESCENTS][16], int range, lanes_f codes[DESCENTS][16],
    lanes_f scales[DESCENTS]) {
  symmetric_sums sums[DESCENTS];
  for (int each = 0; each < DESCENTS; each++) {
    lanes_f factor = (float)-range / largest_numbers(x[each], 16);
    for (int i = 0; i < 16; i++) {
      codes[each][i] = nearest_codes(factor * x[each][i], -range, range - 1);
    }
    sums[each] = symmetric_sums_of(x[each], 16, range, factor);
  }
  for (int turn = 0; turn < 5; turn++) {
    lanes_i changes = 0;
    for (int i = 0; i < 16; i++) {
      for (int each = 0; each < DESCENTS; each++) {
        changes |= change_code(x[each][i], range, &codes[each][i], &sums[each]);
      }
    }
    if (!__builtin_reduce_or(changes)) { break; }
  }
  for (int each = 0; each < DESCENTS; each++) {
    lanes_i is_zero = absolute(largest_numbers(x[each], 16)) < SMALLEST_PART;
    for (int i = 0; i < 16; i++) {
      codes[each][i] = is_zero ? 0 : codes[each][i] + (float)range;
    }
    lanes_i has_scale = ~is_zero & (sums[each].squares > 0);
    scales[each] = has_scale ? sums[each].products / sums[each].squares : 0;
  }
}
