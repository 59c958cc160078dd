// Quantisers of blocks of 256 numbers whose parts have scales of their own.

enum { K_BLOCK = 256, MOST_PARTS = 16 };

// The blocks whose parts fill whole fits at every level.
enum { K_GROUP = TK_LANES > 8 ? TK_LANES / 8 : 1 };

// What is found for a group's parts before their scales become codes.
typedef struct k_fit {
  float scales[K_GROUP * MOST_PARTS], minima[K_GROUP * MOST_PARTS];
  uint8_t codes[K_GROUP * K_BLOCK];
} k_fit;

// Defines a loop over groups of blocks from a fit of `fitted_count` parts and a conversion of one
// block whose parts are fitted. The last group may be filled up with zeros.
#define K_ENCODING_LOOP(type, part_count, fitted_count, byte_count) \
  static void encode_##type(const void *from, void *to, size_t count) { \
    const any_float *values = from; \
    uint8_t *block = to; \
    for (size_t i = 0; i < count; i += K_GROUP) { \
      size_t present = count - i < K_GROUP ? count - i : K_GROUP; \
      const any_float *group = values + K_BLOCK * i; \
      any_float padded[K_GROUP * K_BLOCK]; \
      if (present < K_GROUP) { \
        memset(padded, 0, sizeof padded); \
        memcpy(padded, group, present * K_BLOCK * sizeof *group); \
        group = padded; \
      } \
      k_fit fit; \
      for (int part = 0; part < K_GROUP * part_count; part += fitted_count) { \
        fit_##type(group, part, &fit); \
      } \
      for (size_t j = 0; j < present; j++) { \
        encode_##type##_block( \
          group + K_BLOCK * j, fit.scales + part_count * j, fit.minima + part_count * j, \
          fit.codes + K_BLOCK * j, block + byte_count * (i + j)); \
      } \
    } \
  }

// The codes of a part for a known scale and minimum.
static inline void recode_part(
    const any_float *values, int length, float scale, float minimum, int low, int high,
    uint8_t *codes) {
  for (int i = 0; i < length; i += TK_LANES) {
    lanes_f x = load_lanes_f(values + i);
    lanes_f code = nearest_codes((x + minimum) / scale, low, high) - (float)low;
    store_lanes_u8(CONVERTED(lanes_u8, CONVERTED(lanes_i, code)), codes + i);
  }
}

static inline float largest_of(const float *values, int count) {
  float largest = 0;
  for (int i = 0; i < count; i++) { largest = values[i] > largest ? values[i] : largest; }
  return largest;
}

// The scale of largest magnitude, the first one of several.
static inline float largest_scale(const float *scales, int count) {
  float largest = 0;
  for (int i = 0; i < count; i++) {
    largest = fabsf(scales[i]) > fabsf(largest) ? scales[i] : largest;
  }
  return largest;
}

// Four codes of two bits a byte, 32 numbers apart.
static inline void store_quarters(const uint8_t *restrict codes, uint8_t *restrict to) {
  for (int half = 0; half < 2; half++, codes += 128, to += 32) {
    for (int i = 0; i < 32; i++) {
      to[i] = (uint8_t)(
        (codes[i] & 3) | (codes[i + 32] & 3) << 2 | (codes[i + 64] & 3) << 4 | codes[i + 96] << 6);
    }
  }
}

// Two codes of four bits a byte, 32 numbers apart.
static inline void store_halves(const uint8_t *restrict codes, uint8_t *restrict to) {
  for (int quarter = 0; quarter < 4; quarter++, codes += 64, to += 32) {
    for (int i = 0; i < 32; i++) { to[i] = (uint8_t)((codes[i] & 15) | codes[i + 32] << 4); }
  }
}

// The highest bits of eight codes a byte, 32 numbers apart; `low_count` bits lie below.
static inline void store_high_bits(
    const uint8_t *restrict codes, int low_count, uint8_t *restrict to) {
  for (int i = 0; i < 32; i++) {
    int bits = 0;
    for (int bit = 0; bit < 8; bit++) { bits |= codes[32 * bit + i] >> low_count << bit; }
    to[i] = (uint8_t)bits;
  }
}

static inline void fit_q2_k(const any_float *values, int part, k_fit *fit) {
  const affine_search search = {16, 3, 15, -0.5f, 0.1f, true};
  lanes_f x[LONGEST_PART], weights[LONGEST_PART], codes[LONGEST_PART], scales, minima;
  part_lanes(values + 16 * part, 16, x);
  for (int i = 0; i < 16; i++) { weights[i] = absolute(x[i]); }
  affine_fit(x, weights, search, &scales, &minima, codes);
  store_lanes_f(scales, fit->scales + part);
  store_lanes_f(minima, fit->minima + part);
  store_part_codes(codes, 16, fit->codes + 16 * part);
}

static void encode_q2_k_block(
    const any_float *values, const float *scales, const float *minima, uint8_t *codes,
    uint8_t *block) {
  float scale = largest_of(scales, 16), minimum = largest_of(minima, 16);
  float scale_factor = scale > 0 ? 15 / scale : 0, minimum_factor = minimum > 0 ? 15 / minimum : 0;
  for (int part = 0; part < 16; part++) {
    int s = scale > 0 ? nearest(scale_factor * scales[part]) : 0;
    int m = minimum > 0 ? nearest(minimum_factor * minima[part]) : 0;
    block[part] = (uint8_t)(s | m << 4);
  }
  store_half(scale > 0 ? scale / 15 : 0, block + 80);
  store_half(minimum > 0 ? minimum / 15 : 0, block + 82);
  for (int part = 0; part < 16; part++) {
    float s = float_of_half(block + 80) * (float)(block[part] & 15);
    float m = float_of_half(block + 82) * (float)(block[part] >> 4);
    if (s != 0) { recode_part(values + 16 * part, 16, s, m, 0, 3, codes + 16 * part); }
  }
  store_quarters(codes, block + 16);
}
K_ENCODING_LOOP(q2_k, 16, TK_LANES, 84)

static inline void fit_q3_k(const any_float *values, int part, k_fit *fit) {
  lanes_f x[DESCENTS][16], codes[DESCENTS][16], scales[DESCENTS];
  for (int each = 0; each < DESCENTS; each++) {
    part_lanes(values + 16 * (part + TK_LANES * each), 16, x[each]);
  }
  descending_fit(x, 4, codes, scales);
  for (int each = 0; each < DESCENTS; each++) {
    int first = part + TK_LANES * each;
    store_lanes_f(scales[each], fit->scales + first);
    store_part_codes(codes[each], 16, fit->codes + 16 * first);
  }
}

static void encode_q3_k_block(
    const any_float *values, const float *scales, const float *minima, uint8_t *codes,
    uint8_t *block) {
  (void)minima;
  float largest = largest_scale(scales, 16);
  float factor = -32 / largest;
  memset(block + 96, 0, 12);
  for (int part = 0; part < 16 && largest != 0; part++) {
    int code = (int8_t)nearest(factor * scales[part]);
    code = (code < -32 ? -32 : code > 31 ? 31 : code) + 32;
    block[96 + part % 8] |= (uint8_t)((code & 15) << part / 8 * 4);
    block[104 + part % 4] |= (uint8_t)(code >> 4 << part / 4 * 2);
  }
  store_half(largest != 0 ? 1 / factor : 0, block + 108);
  for (int part = 0; part < 16; part++) {
    float s = float_of_half(block + 108) * (float)q3_k_scale(block + 96, part);
    if (s != 0) { recode_part(values + 16 * part, 16, s, 0, -4, 3, codes + 16 * part); }
  }
  store_high_bits(codes, 2, block);
  store_quarters(codes, block + 32);
}
K_ENCODING_LOOP(q3_k, 16, DESCENTS * TK_LANES, 110)

// Weighs each number of a part by its magnitude and the part's.
static inline void part_weights(const lanes_f *x, int length, lanes_f *weights) {
  lanes_f squares = 0;
  for (int i = 0; i < length; i++) { squares += x[i] * x[i]; }
  lanes_f mean = __builtin_elementwise_sqrt(squares / (float)length);
  for (int i = 0; i < length; i++) { weights[i] = mean + absolute(x[i]); }
}

static inline __attribute__((always_inline)) void fit_affine_parts(
    const any_float *values, int part, affine_search search, k_fit *fit) {
  lanes_f x[LONGEST_PART], weights[LONGEST_PART], codes[LONGEST_PART], scales, minima;
  part_lanes(values + 32 * part, 32, x);
  part_weights(x, 32, weights);
  affine_fit(x, weights, search, &scales, &minima, codes);
  store_lanes_f(scales, fit->scales + part);
  store_lanes_f(minima, fit->minima + part);
  store_part_codes(codes, 32, fit->codes + 32 * part);
}

static inline void fit_q4_k(const any_float *values, int part, k_fit *fit) {
  fit_affine_parts(values, part, (affine_search){32, 15, 20, -1, 0.1f, false}, fit);
}

static inline void fit_q5_k(const any_float *values, int part, k_fit *fit) {
  fit_affine_parts(values, part, (affine_search){32, 31, 15, -0.5f, 0.1f, false}, fit);
}

// The six-bit code of a part's scale or minimum.
static inline int part_code(float factor, float value) {
  int code = (uint8_t)nearest(factor * value);
  return code < 63 ? code : 63;
}

// Stores scales and minima of Q4_K or Q5_K, and codes for the numbers that follow from them.
static inline void encode_affine_parts(
    const any_float *values, const float *scales, const float *minima, int largest, uint8_t *codes,
    uint8_t *block) {
  float scale = largest_of(scales, 8), minimum = largest_of(minima, 8);
  float scale_factor = scale > 0 ? 63 / scale : 0, minimum_factor = minimum > 0 ? 63 / minimum : 0;
  uint8_t *packed = block + 4;
  for (int part = 0; part < 8; part++) {
    int s = part_code(scale_factor, scales[part]), m = part_code(minimum_factor, minima[part]);
    if (part < 4) {
      packed[part] = (uint8_t)s;
      packed[part + 4] = (uint8_t)m;
    } else {
      packed[part + 4] = (uint8_t)((s & 15) | (m & 15) << 4);
      packed[part - 4] |= (uint8_t)(s >> 4 << 6);
      packed[part] |= (uint8_t)(m >> 4 << 6);
    }
  }
  store_half(scale / 63, block);
  store_half(minimum / 63, block + 2);
  for (int part = 0; part < 8; part++) {
    float s = float_of_half(block) * (float)k_scale(packed, part);
    float m = float_of_half(block + 2) * (float)k_minimum(packed, part);
    if (s != 0) { recode_part(values + 32 * part, 32, s, m, 0, largest, codes + 32 * part); }
  }
}

static void encode_q4_k_block(
    const any_float *values, const float *scales, const float *minima, uint8_t *codes,
    uint8_t *block) {
  encode_affine_parts(values, scales, minima, 15, codes, block);
  store_halves(codes, block + 16);
}
K_ENCODING_LOOP(q4_k, 8, TK_LANES, 144)

static void encode_q5_k_block(
    const any_float *values, const float *scales, const float *minima, uint8_t *codes,
    uint8_t *block) {
  encode_affine_parts(values, scales, minima, 31, codes, block);
  store_high_bits(codes, 4, block + 16);
  store_halves(codes, block + 48);
}
K_ENCODING_LOOP(q5_k, 8, TK_LANES, 176)

// The low four bits of two codes a byte, 64 numbers apart, and the high two of four, 32 apart.
static inline void store_six_bits(
    const uint8_t *restrict codes, uint8_t *restrict low, uint8_t *restrict high) {
  for (int half = 0; half < 2; half++, codes += 128, low += 64, high += 32) {
    for (int i = 0; i < 64; i++) { low[i] = (uint8_t)((codes[i] & 15) | codes[i + 64] << 4); }
    for (int i = 0; i < 32; i++) {
      int first = codes[i] >> 4 | codes[i + 32] >> 4 << 2;
      int second = codes[i + 64] >> 4 | codes[i + 96] >> 4 << 2;
      high[i] = (uint8_t)(first | second << 4);
    }
  }
}

static inline void fit_q6_k(const any_float *values, int part, k_fit *fit) {
  lanes_f x[LONGEST_PART], codes[LONGEST_PART];
  part_lanes(values + 16 * part, 16, x);
  store_lanes_f(symmetric_fit(x, 16, 32, codes), fit->scales + part);
  store_part_codes(codes, 16, fit->codes + 16 * part);
}

static void encode_q6_k_block(
    const any_float *values, const float *scales, const float *minima, uint8_t *codes,
    uint8_t *block) {
  (void)minima;
  float largest = largest_scale(scales, 16);
  if (fabsf(largest) < SMALLEST_PART) {
    memset(block, 0, 210);
    return;
  }
  float factor = -128 / largest;
  store_half(1 / factor, block + 208);
  for (int part = 0; part < 16; part++) {
    int code = nearest(factor * scales[part]);
    block[192 + part] = (uint8_t)(code < 127 ? code : 127);
    float s = float_of_half(block + 208) * (float)(int8_t)block[192 + part];
    if (s != 0) { recode_part(values + 16 * part, 16, s, 0, -32, 31, codes + 16 * part); }
  }
  store_six_bits(codes, block, block + 128);
}
K_ENCODING_LOOP(q6_k, 16, TK_LANES, 210)
