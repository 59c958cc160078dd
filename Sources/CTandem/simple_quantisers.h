// Quantisers of blocks with one scale. A number that is not finite has no defined code; the other
// numbers of its block keep theirs where it is NaN, and become zero where it is infinite.

#include <float.h>

// The numbers of a block of 32.
enum { BLOCK = 32, VECTORS = BLOCK / TK_LANES };

// Integers from numbers in a block's range, towards zero; others become 0.
static inline lanes_i truncated(lanes_f x) {
  lanes_i is_small = magnitude_of((lanes_u)x) < (int)POWER_OF_TWO(22);
  return CONVERTED(lanes_i, is_small ? x : 0);
}

static inline float reciprocal(float scale) { return scale != 0 ? 1 / scale : 0; }

// The first number of a block that equals one of two.
static float first_equal(const any_float *values, float a, float b) {
  int i = 0;
  while (values[i] != a && values[i] != b) { i++; }
  return values[i];
}

// The largest magnitude of a block; 0 if it has no number.
static inline float largest_magnitude(const any_float *values) {
  lanes_i largest = 0;
  for (int i = 0; i < VECTORS; i++) {
    lanes_i magnitude = magnitude_of(load_lanes_u(values + TK_LANES * i));
    largest = magnitude > largest && magnitude <= INFINITE ? magnitude : largest;
  }
  return float_of_bits((uint32_t)__builtin_reduce_max(largest));
}

// The number of largest magnitude, the first one of several; 0 if there is none.
static inline float largest_number(const any_float *values) {
  float magnitude = largest_magnitude(values);
  lanes_i positive = 0, negative = 0;
  for (int i = 0; i < VECTORS; i++) {
    lanes_f x = load_lanes_f(values + TK_LANES * i);
    positive |= x == magnitude;
    negative |= x == -magnitude;
  }
  if (magnitude == 0 || !__builtin_reduce_or(negative)) { return magnitude; }
  if (!__builtin_reduce_or(positive)) { return -magnitude; }
  return first_equal(values, magnitude, -magnitude);
}

// Integers that order as numbers do, and back.
static inline lanes_i order_key(lanes_f x) {
  lanes_i bits = (lanes_i)x;
  return bits ^ (bits >> 31 & 0x7FFFFFFF);
}

static inline float number_of_key(int key) {
  return float_of_bits((uint32_t)(key ^ (key >> 31 & 0x7FFFFFFF)));
}

typedef struct extent { float minimum, maximum; } extent;

// The extent of a block; of equal zeros, the first one counts.
static inline extent extent_of(const any_float *values) {
  lanes_f low = FLT_MAX, high = -FLT_MAX;
  for (int i = 0; i < VECTORS; i++) {
    lanes_f x = load_lanes_f(values + TK_LANES * i);
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
  float minimum = number_of_key(__builtin_reduce_min(order_key(low)));
  float maximum = number_of_key(__builtin_reduce_max(order_key(high)));
  if (minimum == 0) {
    minimum = first_equal(values, 0, 0);
    maximum = maximum == 0 ? minimum : maximum;
  }
  return (extent){minimum, maximum};
}

// Stores codes of four bits: those of the first half of the block in the low nibbles.
static inline void store_nibbles(const lanes_i codes[VECTORS], uint8_t *nibbles) {
  for (int i = 0; i < VECTORS / 2; i++) {
    lanes_i pairs = (codes[i] & 15) | (codes[i + VECTORS / 2] & 15) << 4;
    store_lanes_u8(CONVERTED(lanes_u8, pairs), nibbles + TK_LANES * i);
  }
}

// Stores the fifth bits of codes as a word.
static inline void store_fifth_bits(const lanes_i codes[VECTORS], uint8_t *word) {
  uint32_t bits = 0;
  for (int i = 0; i < VECTORS; i++) {
    lanes_u lane_bits = (lanes_u)(codes[i] >> 4 & 1) << lane_numbers;
    bits |= __builtin_reduce_or(lane_bits) << TK_LANES * i;
  }
  memcpy(word, &bits, sizeof bits);
}

// Codes around a middle, for blocks whose scale has a sign: the number of largest magnitude gets
// code 0.
static inline void signed_codes(const any_float *values, float scale, int middle, lanes_i *codes) {
  float factor = reciprocal(scale);
  for (int i = 0; i < VECTORS; i++) {
    lanes_i code = truncated(load_lanes_f(values + TK_LANES * i) * factor + ((float)middle + 0.5f));
    codes[i] = code < 2 * middle ? code : 2 * middle - 1;
  }
}

static inline void encode_q4_0_block(const any_float *values, uint8_t *block) {
  float scale = largest_number(values) / -8;
  lanes_i codes[VECTORS];
  signed_codes(values, scale, 8, codes);
  store_half(scale, block);
  store_nibbles(codes, block + 2);
}
ENCODING_LOOP(q4_0, 32, 18)

static inline void encode_q5_0_block(const any_float *values, uint8_t *block) {
  float scale = largest_number(values) / -16;
  lanes_i codes[VECTORS];
  signed_codes(values, scale, 16, codes);
  store_half(scale, block);
  store_fifth_bits(codes, block + 2);
  store_nibbles(codes, block + 6);
}
ENCODING_LOOP(q5_0, 32, 22)

// Codes from the minimum on.
static inline void codes_above(
    const any_float *values, float minimum, float scale, int largest, lanes_i *codes) {
  float factor = reciprocal(scale);
  for (int i = 0; i < VECTORS; i++) {
    lanes_f x = load_lanes_f(values + TK_LANES * i);
    lanes_i code = truncated((x - minimum) * factor + 0.5f);
    codes[i] = code < largest ? code : largest;
  }
}

static inline void encode_q4_1_block(const any_float *values, uint8_t *block) {
  extent all = extent_of(values);
  float scale = (all.maximum - all.minimum) / 15;
  lanes_i codes[VECTORS];
  codes_above(values, all.minimum, scale, 15, codes);
  store_half(scale, block);
  store_half(all.minimum, block + 2);
  store_nibbles(codes, block + 4);
}
ENCODING_LOOP(q4_1, 32, 20)

static inline void encode_q5_1_block(const any_float *values, uint8_t *block) {
  extent all = extent_of(values);
  float scale = (all.maximum - all.minimum) / 31;
  lanes_i codes[VECTORS];
  codes_above(values, all.minimum, scale, 31, codes);
  store_half(scale, block);
  store_half(all.minimum, block + 2);
  store_fifth_bits(codes, block + 4);
  store_nibbles(codes, block + 8);
}
ENCODING_LOOP(q5_1, 32, 24)

// Halves round away from zero, as `roundf` has it: just below a half is added before the fraction
// is cut off.
static inline void encode_q8_0_block(const any_float *values, uint8_t *block) {
  float scale = largest_magnitude(values) / 127;
  float factor = reciprocal(scale);
  store_half(scale, block);
  for (int i = 0; i < VECTORS; i++) {
    lanes_f x = load_lanes_f(values + TK_LANES * i) * factor;
    lanes_f half = (lanes_f)(((lanes_u)x & SIGN) | 0x3EFFFFFF);
    store_lanes_u8(CONVERTED(lanes_u8, truncated(x + half)), block + 2 + TK_LANES * i);
  }
}
ENCODING_LOOP(q8_0, 32, 34)

// The exponent of the largest number, less two: E2M1 goes up to 6. ggml rounds its logarithm to
// binary32 and keeps the low byte of what is below E8M0's range; so do we.
static inline uint8_t mxfp4_scale(float largest) {
  return largest > 0 ? (uint8_t)(int)(floorf(log2f(largest)) - 2 + 127) : 0;
}

// The nearest of eight magnitudes, the smaller one of two; a minus sign only beside a number.
static inline void encode_mxfp4_block(const any_float *values, uint8_t *block) {
  uint8_t code = mxfp4_scale(largest_magnitude(values));
  float scale = half_of_e8m0(code);
  lanes_i codes[VECTORS];
  for (int i = 0; i < VECTORS; i++) {
    lanes_u bits = load_lanes_u(values + TK_LANES * i);
    lanes_f x = (lanes_f)magnitude_of(bits);
    lanes_f smallest = x;
    lanes_i nearest = 0;
    for (int candidate = 1; candidate < 8; candidate++) {
      lanes_f difference = (float)e2m1_doubled[candidate] * scale - x;
      lanes_f error = (lanes_f)magnitude_of((lanes_u)difference);
      nearest = error < smallest ? candidate : nearest;
      smallest = error < smallest ? error : smallest;
    }
    codes[i] = nearest > 0 ? nearest | (lanes_i)(bits >> 28 & 8) : 0;
  }
  block[0] = code;
  store_nibbles(codes, block + 1);
}
ENCODING_LOOP(mxfp4, 32, 17)
