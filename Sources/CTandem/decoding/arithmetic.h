// Sums, the exponential function and binary16 for vectors of lanes.

#define INLINE static inline __attribute__((always_inline))

typedef float floats8 __attribute__((ext_vector_type(8)));
typedef float floats4 __attribute__((ext_vector_type(4)));
typedef float floats2 __attribute__((ext_vector_type(2)));

// The sum of the lanes: halves are added to each other until one lane is left.
INLINE float sum_of(lanes_f x) {
  floats8 eight = x.lo + x.hi;
  floats4 four = eight.lo + eight.hi;
  floats2 two = four.lo + four.hi;
  return two.x + two.y;
}

// The largest of the lanes, none of which is NaN.
INLINE float largest_of(lanes_f x) {
  floats8 eight = x.lo > x.hi ? x.lo : x.hi;
  floats4 four = eight.lo > eight.hi ? eight.lo : eight.hi;
  floats2 two = four.lo > four.hi ? four.lo : four.hi;
  return two.x > two.y ? two.x : two.y;
}

// A vector of which only the first numbers are there; the others are zero.
INLINE lanes_f load_some(const float *from, size_t count) {
  lanes_f x = 0;
  if (count >= TK_LANES) { return load_lanes_f(from); }
  memcpy(&x, from, count * sizeof *from);
  return x;
}

INLINE void store_some(lanes_f x, float *to, size_t count) {
  memcpy(to, &x, (count < TK_LANES ? count : TK_LANES) * sizeof *to);
}

// A number this large has no places after the point: adding it rounds to an integer.
#define ROUNDER 0x1.8p23f

// e to the power of x, with an error below 2e-7 of it; x is taken to be between -87 and 88.
INLINE lanes_f exponential(lanes_f x) {
  x = x < -87 ? -87 : x;
  x = x > 88 ? 88 : x;
  // x = n ln 2 + r with |r| <= ln 2 / 2. The first part of ln 2 has so few bits that its product
  // with n is exact.
  lanes_f n = (x * 0x1.715476p0f + ROUNDER) - ROUNDER;
  lanes_f r = x - n * 0x1.63p-1f + n * 0x1.bd0106p-13f;
  // The series up to the sixth power.
  lanes_f e = 1 + r * (1.0f / 6);
  e = 1 + r * (1.0f / 5) * e;
  e = 1 + r * (1.0f / 4) * e;
  e = 1 + r * (1.0f / 3) * e;
  e = 1 + r * (1.0f / 2) * e;
  e = 1 + r * e;
  lanes_i power = (CONVERTED(lanes_i, n) + 127) << 23;
  return e * (lanes_f)power;
}

// cap · tanh(x / cap), where tanh(u) = 1 − 2 / (1 + exp(2u)); NaN stays.
INLINE lanes_f capped(lanes_f x, float cap) {
  return cap - 2 * cap / (1 + exponential(2 / cap * x));
}

#if defined(TK_HAS_F16C) || defined(__aarch64__)
typedef _Float16 lanes_f16 __attribute__((ext_vector_type(TK_LANES)));
LANES_ACCESS(lanes_f16)

INLINE lanes_f load_halves(const void *from) { return CONVERTED(lanes_f, load_lanes_f16(from)); }

INLINE void store_halves(lanes_f x, void *to) {
  store_lanes_f16(CONVERTED(lanes_f16, x), to);
}
#else
INLINE lanes_f load_halves(const void *from) {
  lanes_u code = CONVERTED(lanes_u, load_lanes_u16(from));
  lanes_u magnitude = (code & 0x7FFF) << 13;
  // Exponent and fraction land where binary32 has them, 112 too low; the product corrects that,
  // subnormals included.
  lanes_u finite = (lanes_u)((lanes_f)magnitude * 0x1p112f);
  lanes_u special = magnitude | 0x7F800000;
  return (lanes_f)(((lanes_i)magnitude < 0x7C00 << 13 ? finite : special) | (code & 0x8000) << 16);
}

INLINE void store_halves(lanes_f x, void *to) {
  lanes_u bits = (lanes_u)x;
  lanes_i magnitude = (lanes_i)(bits & 0x7FFFFFFF);
  // Ties to even: the last bit that stays decides.
  lanes_i normal = ((magnitude + 0xFFF + ((magnitude >> 13) & 1)) >> 13) - (112 << 10);
  // A sum whose last place is worth the smallest subnormal number rounds to whole ones of it.
  lanes_i subnormal = (lanes_i)((lanes_f)magnitude + 0.5f) - 0x3F000000;
  lanes_i code = magnitude < 113 << 23 ? subnormal : normal;
  code = code > 0x7C00 ? 0x7C00 : code;
  code = magnitude > 0x7F800000 ? 0x7E00 | ((magnitude >> 13) & 0x3FF) : code;
  store_lanes_u16(CONVERTED(lanes_u16, (lanes_u)code | (bits >> 16 & 0x8000)), to);
}
#endif
