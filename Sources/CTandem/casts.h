// Plain floating-point types to binary32 and back, rounded to nearest, ties to even. A NaN keeps
// its sign and the upper bits of its payload, and becomes quiet.

#define SIGN 0x80000000
#define INFINITE 0x7F800000

// The bits of 2 to the power of a number in the normal range.
#define POWER_OF_TWO(exponent) ((uint32_t)(127 + (exponent)) << 23)

static inline lanes_f power_of_two(int exponent) {
  return (lanes_f)(lanes_u)POWER_OF_TWO(exponent);
}

// Magnitudes as signed integers, whose comparison every level has.
static inline lanes_i magnitude_of(lanes_u bits) { return (lanes_i)(bits & ~SIGN); }

// The code of a narrower format, without its sign. `beyond` stands for what is larger than the code
// `largest`: infinity, or NaN where the format has no infinity.
static inline lanes_u narrowed(
    lanes_u bits, int fraction_bits, int bias, int32_t largest, uint32_t beyond) {
  int shift = 23 - fraction_bits;
  lanes_i magnitude = magnitude_of(bits);
  lanes_i odd = (magnitude >> shift) & 1;
  lanes_i rounded = (magnitude + ((1 << (shift - 1)) - 1) + odd) >> shift;
  lanes_i normal = rounded - ((127 - bias) << fraction_bits);
  // A sum whose last place is worth the smallest subnormal number rounds to whole ones of it.
  int unit = 24 - bias - fraction_bits;
  lanes_i subnormal = (lanes_i)((lanes_f)magnitude + power_of_two(unit)) - (int)POWER_OF_TWO(unit);
  lanes_i code = magnitude < (int)POWER_OF_TWO(1 - bias) ? subnormal : normal;
  code = code > largest ? (lanes_i)(int)beyond : code;
  lanes_i payload = (magnitude >> shift) & ((1 << fraction_bits) - 1);
  lanes_i quiet = payload | (1 << (fraction_bits - 1)) | (int)beyond;
  return (lanes_u)(magnitude > INFINITE ? quiet : code);
}

// The number that a code of a narrower format stands for, exactly; NaN and infinity are not known
// to it.
static inline lanes_u widened(lanes_u code, int fraction_bits, int bias, uint32_t sign) {
  lanes_i magnitude = (lanes_i)(code & (sign - 1));
  lanes_i normal = (magnitude << (23 - fraction_bits)) + ((127 - bias) << 23);
  lanes_f units = CONVERTED(lanes_f, magnitude);
  lanes_i subnormal = (lanes_i)(units * power_of_two(1 - bias - fraction_bits));
  lanes_u value = (lanes_u)(magnitude < (1 << fraction_bits) ? subnormal : normal);
  return value | ((code & sign) * (SIGN / sign));
}

static inline void decode_bf16_lanes(const void *from, void *to) {
  store_lanes_u(CONVERTED(lanes_u, load_lanes_u16(from)) << 16, to);
}
ELEMENT_LOOP(decode_bf16, 2, 4)

static inline void encode_bf16_lanes(const void *from, void *to) {
  lanes_u bits = load_lanes_u(from);
  lanes_u rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  lanes_u quiet = (bits >> 16) | 0x40;
  store_lanes_u16(
    CONVERTED(lanes_u16, magnitude_of(bits) > INFINITE ? quiet : rounded), to);
}
ELEMENT_LOOP(encode_bf16, 4, 2)

// Processors convert binary16 by themselves, except the oldest with x86-64.
#if TK_LANES > 4 || defined(__aarch64__)
typedef _Float16 lanes_f16 __attribute__((ext_vector_type(TK_LANES)));
LANES_ACCESS(lanes_f16)

static inline lanes_f widened_f16(const void *from) {
  return CONVERTED(lanes_f, load_lanes_f16(from));
}

static inline void encode_f16_lanes(const void *from, void *to) {
  store_lanes_f16(CONVERTED(lanes_f16, load_lanes_f(from)), to);
}

static inline float float_of_half(const void *from) {
  _Float16 number;
  memcpy(&number, from, sizeof number);
  return (float)number;
}

static inline void store_number_as_half(float value, void *to) {
  _Float16 number = (_Float16)value;
  memcpy(to, &number, sizeof number);
}
#else
static inline lanes_f widened_f16(const void *from) {
  lanes_u code = CONVERTED(lanes_u, load_lanes_u16(from));
  lanes_i magnitude = (lanes_i)(code & 0x7FFF);
  lanes_u special = INFINITE | (code & 0x8000) << 16 | (code & 0x3FF) << 13;
  special = magnitude > 0x7C00 ? special | 0x400000 : special;
  return (lanes_f)(magnitude < 0x7C00 ? widened(code, 10, 15, 0x8000) : special);
}

static inline void encode_f16_lanes(const void *from, void *to) {
  lanes_u bits = load_lanes_u(from);
  lanes_u code = narrowed(bits, 10, 15, 0x7BFF, 0x7C00) | (bits & SIGN) >> 16;
  store_lanes_u16(CONVERTED(lanes_u16, code), to);
}

static inline float float_of_half(const void *from) {
  uint16_t codes[TK_LANES] = {0};
  memcpy(codes, from, sizeof codes[0]);
  return widened_f16(codes)[0];
}

static inline void store_number_as_half(float value, void *to) {
  lanes_f values = value;
  uint16_t codes[TK_LANES];
  encode_f16_lanes(&values, codes);
  memcpy(to, codes, sizeof codes[0]);
}
#endif

// Stores a scale of a block. Which NaN an operation gives is the processor's choice; blocks always
// get the one of x86-64.
static inline void store_half(float value, void *to) {
  uint16_t nan = 0xFE00;
  if (value == value) {
    store_number_as_half(value, to);
  } else {
    memcpy(to, &nan, sizeof nan);
  }
}

static inline void decode_f16_lanes(const void *from, void *to) {
  store_lanes_f(widened_f16(from), to);
}
ELEMENT_LOOP(decode_f16, 2, 4)
ELEMENT_LOOP(encode_f16, 4, 2)

// OCP's 8-bit formats. E4M3 has no infinity: what is too large becomes NaN.
static inline void decode_f8_e4m3_lanes(const void *from, void *to) {
  lanes_u code = CONVERTED(lanes_u, load_lanes_u8(from));
  lanes_u bits = widened(code, 3, 7, 0x80);
  store_lanes_u((lanes_i)(code & 0x7F) == 0x7F ? bits | 0x7FC00000 : bits, to);
}
ELEMENT_LOOP(decode_f8_e4m3, 1, 4)

static inline void encode_f8_e4m3_lanes(const void *from, void *to) {
  lanes_u bits = load_lanes_u(from);
  lanes_u code = narrowed(bits, 3, 7, 0x7E, 0x7F) | (bits & SIGN) >> 24;
  store_lanes_u8(CONVERTED(lanes_u8, code), to);
}
ELEMENT_LOOP(encode_f8_e4m3, 4, 1)

static inline void decode_f8_e5m2_lanes(const void *from, void *to) {
  lanes_u code = CONVERTED(lanes_u, load_lanes_u8(from));
  lanes_i magnitude = (lanes_i)(code & 0x7F);
  lanes_u bits = widened(code, 2, 15, 0x80);
  lanes_u special = INFINITE | (code & 0x80) << 24 | (code & 3) << 21;
  special = magnitude > 0x7C ? special | 0x400000 : special;
  store_lanes_u(magnitude < 0x7C ? bits : special, to);
}
ELEMENT_LOOP(decode_f8_e5m2, 1, 4)

static inline void encode_f8_e5m2_lanes(const void *from, void *to) {
  lanes_u bits = load_lanes_u(from);
  lanes_u code = narrowed(bits, 2, 15, 0x7B, 0x7C) | (bits & SIGN) >> 24;
  store_lanes_u8(CONVERTED(lanes_u8, code), to);
}
ELEMENT_LOOP(encode_f8_e5m2, 4, 1)

// The formats without a minus zero, whose code is their only NaN.
static inline void decode_fnuz(const void *from, void *to, int fraction_bits, int bias) {
  lanes_u code = CONVERTED(lanes_u, load_lanes_u8(from));
  lanes_u bits = widened(code, fraction_bits, bias, 0x80);
  store_lanes_u((lanes_i)code == 0x80 ? (lanes_u)0x7FC00000 : bits, to);
}
static inline void decode_f8_e4m3fnuz_lanes(const void *from, void *to) {
  decode_fnuz(from, to, 3, 8);
}
static inline void decode_f8_e5m2fnuz_lanes(const void *from, void *to) {
  decode_fnuz(from, to, 2, 16);
}
ELEMENT_LOOP(decode_f8_e4m3fnuz, 1, 4)
ELEMENT_LOOP(decode_f8_e5m2fnuz, 1, 4)

// Powers of two, from 2^-127 on; the last code is NaN.
static inline void decode_f8_e8m0_lanes(const void *from, void *to) {
  lanes_i code = CONVERTED(lanes_i, load_lanes_u8(from));
  lanes_i bits = code == 0 ? (lanes_i)0x00400000 : code << 23;
  store_lanes_u((lanes_u)(code == 0xFF ? (lanes_i)0x7FC00000 : bits), to);
}
ELEMENT_LOOP(decode_f8_e8m0, 1, 4)
