// Blocks with one scale for all numbers (NVFP4: for sixteen), and sometimes a minimum.

static inline void decode_q4_0_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block);
  for (int i = 0; i < 16; i++) {
    values[i] = (float)((block[2 + i] & 15) - 8) * scale;
    values[16 + i] = (float)((block[2 + i] >> 4) - 8) * scale;
  }
}
DECODING_LOOP(q4_0, 32, 18)

static inline void decode_q4_1_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block), minimum = float_of_half(block + 2);
  for (int i = 0; i < 16; i++) {
    values[i] = (float)(block[4 + i] & 15) * scale + minimum;
    values[16 + i] = (float)(block[4 + i] >> 4) * scale + minimum;
  }
}
DECODING_LOOP(q4_1, 32, 20)

// The fifth bits of all 32 numbers stand together in a word.
static inline void decode_q5_0_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block);
  uint32_t high = word32(block + 2);
  for (int i = 0; i < 16; i++) {
    values[i] = (float)((int)((block[6 + i] & 15) | (high >> i & 1) << 4) - 16) * scale;
    values[16 + i] = (float)((int)(block[6 + i] >> 4 | (high >> (16 + i) & 1) << 4) - 16) * scale;
  }
}
DECODING_LOOP(q5_0, 32, 22)

static inline void decode_q5_1_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block), minimum = float_of_half(block + 2);
  uint32_t high = word32(block + 4);
  for (int i = 0; i < 16; i++) {
    values[i] = (float)((block[8 + i] & 15) | (high >> i & 1) << 4) * scale + minimum;
    values[16 + i] = (float)(block[8 + i] >> 4 | (high >> (16 + i) & 1) << 4) * scale + minimum;
  }
}
DECODING_LOOP(q5_1, 32, 24)

static inline void scaled_bytes(
    const uint8_t *quants, float scale, int count, any_float *values) {
  for (int i = 0; i < count; i++) { values[i] = (float)(int8_t)quants[i] * scale; }
}

static inline void decode_q8_0_block(const uint8_t *block, any_float *values) {
  scaled_bytes(block + 2, float_of_half(block), 32, values);
}
DECODING_LOOP(q8_0, 32, 34)

// The second half of the scales is for dot products only.
static inline void decode_q8_1_block(const uint8_t *block, any_float *values) {
  scaled_bytes(block + 4, float_of_half(block), 32, values);
}
DECODING_LOOP(q8_1, 32, 36)

static inline void decode_q8_k_block(const uint8_t *block, any_float *values) {
  scaled_bytes(block + 4, float_of_bits(word32(block)), 256, values);
}
DECODING_LOOP(q8_k, 256, 292)

static inline void decode_q1_0_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block);
  for (int i = 0; i < 128; i++) { values[i] = block[2 + i / 8] >> i % 8 & 1 ? scale : -scale; }
}
DECODING_LOOP(q1_0, 128, 18)

static inline void decode_q2_0_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block);
  for (int i = 0; i < 64; i++) {
    values[i] = (float)((block[2 + i / 4] >> 2 * (i % 4) & 3) - 1) * scale;
  }
}
DECODING_LOOP(q2_0, 64, 18)

// Five numbers of a byte in base 3: a code times a power of three, modulo 256, has the digit as its
// upper part.
static inline void ternary_digits(
    const uint8_t *codes, int count, int digits, float scale, any_float *values) {
  for (int digit = 0, power = 1; digit < digits; digit++, power *= 3) {
    for (int i = 0; i < count; i++) {
      int code = (uint8_t)(codes[i] * power);
      values[digit * count + i] = (float)((code * 3 >> 8) - 1) * scale;
    }
  }
}

static inline void decode_tq1_0_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block + 52);
  ternary_digits(block, 32, 5, scale, values);
  ternary_digits(block + 32, 16, 5, scale, values + 160);
  ternary_digits(block + 48, 4, 4, scale, values + 240);
}
DECODING_LOOP(tq1_0, 256, 54)

static inline void decode_tq2_0_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block + 64);
  for (int i = 0; i < 256; i++) {
    int code = block[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
    values[i] = (float)(code - 1) * scale;
  }
}
DECODING_LOOP(tq2_0, 256, 66)

// The numbers of IQ4_NL and IQ4_XS, spaced as a normal distribution wants them.
static const int8_t iq4_values[16] = {
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
};

// OCP's E2M1, doubled.
static const int8_t e2m1_doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// Low nibbles first, then high ones, each a place in a table.
static inline void looked_up(
    const uint8_t *nibbles, int byte_count, const int8_t *table, float scale, any_float *values) {
  for (int i = 0; i < byte_count; i++) {
    values[i] = (float)table[nibbles[i] & 15] * scale;
    values[byte_count + i] = (float)table[nibbles[i] >> 4] * scale;
  }
}

static inline void decode_iq4_nl_block(const uint8_t *block, any_float *values) {
  looked_up(block + 2, 16, iq4_values, float_of_half(block), values);
}
DECODING_LOOP(iq4_nl, 32, 18)

static inline void decode_iq4_xs_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block);
  uint32_t high = word16(block + 2);
  for (int part = 0; part < 8; part++) {
    uint32_t low = block[4 + part / 2] >> 4 * (part % 2) & 15;
    int factor = (int)(low | (high >> 2 * part & 3) << 4) - 32;
    looked_up(block + 8 + 16 * part, 16, iq4_values, scale * (float)factor, values + 32 * part);
  }
}
DECODING_LOOP(iq4_xs, 256, 136)

// Half of an E8M0 scale, because the numbers of the table are doubled.
static inline float half_of_e8m0(uint32_t code) {
  return float_of_bits(code < 2 ? 0x00200000u << code : (code - 1) << 23);
}

static inline void decode_mxfp4_block(const uint8_t *block, any_float *values) {
  looked_up(block + 1, 16, e2m1_doubled, half_of_e8m0(block[0]), values);
}
DECODING_LOOP(mxfp4, 32, 17)

// Half of an unsigned E4M3 scale; its NaN is zero to ggml.
static inline float half_of_e4m3(uint32_t code) {
  if (code == 0x7F) { return 0; }
  uint32_t exponent = code >> 3 & 15, fraction = code & 7;
  if (exponent == 0) { return (float)fraction * 0x1p-10f; }
  return float_of_bits((exponent + 119) << 23 | fraction << 20);
}

static inline void decode_nvfp4_block(const uint8_t *block, any_float *values) {
  for (int part = 0; part < 4; part++) {
    looked_up(block + 4 + 8 * part, 8, e2m1_doubled, half_of_e4m3(block[part]), values + 16 * part);
  }
}
DECODING_LOOP(nvfp4, 64, 36)
