// Blocks of 256 numbers whose parts have scales of their own, as multiples of the block's.

static inline void decode_q2_k_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block + 80), minimum = float_of_half(block + 82);
  for (int part = 0; part < 16; part++) {
    float s = scale * (float)(block[part] & 15), m = minimum * (float)(block[part] >> 4);
    const uint8_t *quants = block + 16 + part / 8 * 32 + part % 2 * 16;
    int shift = part / 2 % 4 * 2;
    for (int i = 0; i < 16; i++) {
      values[16 * part + i] = s * (float)(quants[i] >> shift & 3) - m;
    }
  }
}
DECODING_LOOP(q2_k, 256, 84)

// The scale of a part of Q3_K: four bits in the first eight bytes, two in the last four.
static inline int q3_k_scale(const uint8_t *scales, int part) {
  int low = scales[part % 8] >> part / 8 * 4 & 15;
  return (low | (scales[8 + part % 4] >> part / 4 * 2 & 3) << 4) - 32;
}

static inline void decode_q3_k_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block + 108);
  for (int part = 0; part < 16; part++) {
    float s = scale * (float)q3_k_scale(block + 96, part);
    const uint8_t *quants = block + 32 + part / 8 * 32 + part % 2 * 16;
    const uint8_t *high = block + part % 2 * 16;
    int shift = part / 2 % 4 * 2, bit = part / 2;
    for (int i = 0; i < 16; i++) {
      int quant = (quants[i] >> shift & 3) - (high[i] >> bit & 1 ? 0 : 4);
      values[16 * part + i] = s * (float)quant;
    }
  }
}
DECODING_LOOP(q3_k, 256, 110)

// The scale of a part of Q4_K or Q5_K, and its minimum: the first four have their six bits in a
// byte each, whose upper bits are those of the last four.
static inline int k_scale(const uint8_t *scales, int part) {
  if (part < 4) { return scales[part] & 63; }
  return (scales[part + 4] & 15) | scales[part - 4] >> 6 << 4;
}

static inline int k_minimum(const uint8_t *scales, int part) {
  if (part < 4) { return scales[part + 4] & 63; }
  return scales[part + 4] >> 4 | scales[part] >> 6 << 4;
}

static inline void decode_q4_k_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block), minimum = float_of_half(block + 2);
  for (int part = 0; part < 8; part++) {
    float s = scale * (float)k_scale(block + 4, part);
    float m = minimum * (float)k_minimum(block + 4, part);
    const uint8_t *quants = block + 16 + part / 2 * 32;
    int shift = part % 2 * 4;
    for (int i = 0; i < 32; i++) {
      values[32 * part + i] = s * (float)(quants[i] >> shift & 15) - m;
    }
  }
}
DECODING_LOOP(q4_k, 256, 144)

static inline void decode_q5_k_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block), minimum = float_of_half(block + 2);
  for (int part = 0; part < 8; part++) {
    float s = scale * (float)k_scale(block + 4, part);
    float m = minimum * (float)k_minimum(block + 4, part);
    const uint8_t *quants = block + 48 + part / 2 * 32, *high = block + 16;
    int shift = part % 2 * 4;
    for (int i = 0; i < 32; i++) {
      int quant = (quants[i] >> shift & 15) | (high[i] >> part & 1) << 4;
      values[32 * part + i] = s * (float)quant - m;
    }
  }
}
DECODING_LOOP(q5_k, 256, 176)

static inline void decode_q6_k_block(const uint8_t *block, any_float *values) {
  float scale = float_of_half(block + 208);
  for (int part = 0; part < 16; part++) {
    float s = scale * (float)(int8_t)block[192 + part];
    int place = part / 2 % 4;
    const uint8_t *low = block + part / 8 * 64 + place % 2 * 32 + part % 2 * 16;
    const uint8_t *high = block + 128 + part / 8 * 32 + part % 2 * 16;
    for (int i = 0; i < 16; i++) {
      int quant = (low[i] >> place / 2 * 4 & 15) | (high[i] >> 2 * place & 3) << 4;
      values[16 * part + i] = s * (float)(quant - 32);
    }
  }
}
DECODING_LOOP(q6_k, 256, 210)
