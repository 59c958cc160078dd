// Blocks of 256 numbers that are rows of a grid, mostly with signs beside.

#include "grids/grids.h"

// Eight signs from seven bits: the last one makes their number even.
static inline uint32_t even_signs(uint32_t bits) {
  return bits | (uint32_t)__builtin_parity(bits) << 7;
}

static const uint8_t iq2_values[4] = {8, 25, 43};
static const uint8_t iq3_xxs_values[8] = {4, 12, 20, 28, 36, 44, 52, 62};

static inline float signed_by(float value, uint32_t signs, int i) {
  return signs >> i & 1 ? -value : value;
}

// Eight numbers of two bits.
static inline void iq2_row(uint32_t row, uint32_t signs, float scale, any_float *values) {
  for (int i = 0; i < 8; i++) {
    values[i] = signed_by(scale * (float)iq2_values[row >> 2 * i & 3], signs, i);
  }
}

static inline float iq2_scale(float scale, uint32_t factor) {
  return scale * (0.5f + (float)factor) * 0.25f;
}

static inline void decode_iq2_xxs_block(const uint8_t *block, any_float *values) {
  for (int part = 0; part < 8; part++) {
    const uint8_t *rows = block + 2 + 8 * part;
    uint32_t signs = word32(rows + 4);
    float scale = iq2_scale(float_of_half(block), signs >> 28);
    for (int i = 0; i < 4; i++) {
      iq2_row(
        tk_iq2_xxs_grid[rows[i]], even_signs(signs >> 7 * i & 127), scale,
        values + 32 * part + 8 * i);
    }
  }
}
DECODING_LOOP(iq2_xxs, 256, 66)

static inline void decode_iq2_xs_block(const uint8_t *block, any_float *values) {
  for (int i = 0; i < 32; i++) {
    uint32_t row = word16(block + 2 + 2 * i);
    float scale = iq2_scale(float_of_half(block), block[66 + i / 4] >> i / 2 % 2 * 4 & 15);
    iq2_row(tk_iq2_xs_grid[row & 511], even_signs(row >> 9), scale, values + 8 * i);
  }
}
DECODING_LOOP(iq2_xs, 256, 74)

static inline void decode_iq2_s_block(const uint8_t *block, any_float *values) {
  for (int i = 0; i < 32; i++) {
    uint32_t row = block[2 + i] | (block[66 + i / 4] >> i % 4 * 2 & 3) << 8;
    float scale = iq2_scale(float_of_half(block), block[74 + i / 4] >> i / 2 % 2 * 4 & 15);
    iq2_row(tk_iq2_s_grid[row], block[34 + i], scale, values + 8 * i);
  }
}
DECODING_LOOP(iq2_s, 256, 82)

static inline void decode_iq3_xxs_block(const uint8_t *block, any_float *values) {
  for (int part = 0; part < 8; part++) {
    uint32_t signs = word32(block + 66 + 4 * part);
    float scale = float_of_half(block) * (0.5f + (float)(signs >> 28)) * 0.5f;
    for (int i = 0; i < 32; i++) {
      uint32_t row = tk_iq3_xxs_grid[block[2 + 8 * part + i / 4]];
      float value = scale * (float)iq3_xxs_values[row >> i % 4 * 3 & 7];
      values[32 * part + i] = signed_by(value, even_signs(signs >> i / 8 * 7 & 127), i % 8);
    }
  }
}
DECODING_LOOP(iq3_xxs, 256, 98)

static inline void decode_iq3_s_block(const uint8_t *block, any_float *values) {
  for (int part = 0; part < 8; part++) {
    int factor = block[106 + part / 2] >> part % 2 * 4 & 15;
    float scale = float_of_half(block) * (float)(1 + 2 * factor);
    for (int i = 0; i < 32; i++) {
      uint32_t row = block[2 + 8 * part + i / 4] | (block[66 + part] >> i / 4 & 1) << 8;
      float value = scale * (float)(1 + 2 * (tk_iq3_s_grid[row] >> i % 4 * 3 & 7));
      values[32 * part + i] = signed_by(value, block[74 + 4 * part + i / 8], i % 8);
    }
  }
}
DECODING_LOOP(iq3_s, 256, 110)

// Eight numbers -1, 0 or 1, all moved by an eighth up or down.
static inline void iq1_row(uint32_t row, uint32_t down, float scale, any_float *values) {
  float shift = down ? -0.125f : 0.125f;
  for (int i = 0; i < 8; i++) {
    values[i] = scale * ((float)((int)(tk_iq1_grid[row] >> 2 * i & 3) - 1) + shift);
  }
}

static inline void decode_iq1_s_block(const uint8_t *block, any_float *values) {
  for (int i = 0; i < 32; i++) {
    uint32_t high = word16(block + 34 + i / 4 * 2);
    uint32_t row = block[2 + i] | (high >> i % 4 * 3 & 7) << 8;
    float scale = float_of_half(block) * (float)(2 * (high >> 12 & 7) + 1);
    iq1_row(row, high & 0x8000, scale, values + 8 * i);
  }
}
DECODING_LOOP(iq1_s, 256, 50)

// The block's scale stands in the upper nibbles of its four words of scales.
static inline void decode_iq1_m_block(const uint8_t *block, any_float *values) {
  const uint8_t *scales = block + 48;
  uint16_t bits = 0;
  for (int i = 0; i < 4; i++) { bits |= (uint16_t)(word16(scales + 2 * i) >> 12 << 4 * i); }
  float scale = float_of_half(&bits);
  for (int i = 0; i < 32; i++) {
    uint32_t high = block[32 + i / 2] >> i % 2 * 4;
    uint32_t factor = word16(scales + i / 8 * 2) >> i / 2 % 4 * 3 & 7;
    iq1_row(
      block[i] | (high & 7) << 8, high & 8, scale * (float)(2 * factor + 1),
      values + 8 * i);
  }
}
DECODING_LOOP(iq1_m, 256, 56)
