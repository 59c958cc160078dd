// Products of quantised weights in vectors of 64 bytes.
//
// A vector holds `lanes` tokens, 64 / lanes columns each; the same columns of one row of weights
// are broadcast to all of them (with one token: two rows of weights in a vector). What vpdpbusd
// sums in 32-bit lanes is added up across a token's lanes for 16 / lanes rows at once, so that
// every number of tokens ends with 16 sums in a vector: tokens in order, in each the rows.

typedef struct half_sums {
  /// Of the first and the last 16 columns of a block.
  __m512i first, second;
} half_sums;

/// 64 / lanes bytes, repeated.
static inline __attribute__((always_inline)) __m512i repeated(const void *from, size_t lanes) {
  switch (lanes) {
  case 2: return _mm512_broadcast_i64x4(_mm256_loadu_si256(from));
  case 4: return _mm512_broadcast_i32x4(_mm_loadu_si128(from));
  case 8: return _mm512_set1_epi64((int64_t)load_u64(from));
  case 16: return _mm512_set1_epi32((int32_t)load_u32(from));
  default: return _mm512_loadu_si512(from);
  }
}

/// `lanes` numbers of 32 bits, each repeated 16 / lanes times.
static inline __attribute__((always_inline)) __m512i stretched(const void *from, size_t lanes) {
  const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  switch (lanes) {
  case 1: return _mm512_set1_epi32((int32_t)load_u32(from));
  case 2:
    return _mm512_permutexvar_epi32(
        _mm512_srli_epi32(lane, 3), _mm512_castsi128_si512(_mm_loadl_epi64(from)));
  case 4:
    return _mm512_permutexvar_epi32(
        _mm512_srli_epi32(lane, 2), _mm512_castsi128_si512(_mm_loadu_si128(from)));
  case 8:
    return _mm512_permutexvar_epi32(
        _mm512_srli_epi32(lane, 1), _mm512_castsi256_si512(_mm256_loadu_si256(from)));
  default: return _mm512_loadu_si512(from);
  }
}

/// Adds neighbouring lanes: a0+a1, b0+b1, a2+a3, b2+b3, …
static inline __m512i paired(__m512i a, __m512i b) {
  const __m512i left = _mm512_mask_shuffle_epi32(a, 0xAAAA, b, 0xA0);
  const __m512i right = _mm512_mask_shuffle_epi32(b, 0x5555, a, 0xF5);
  return _mm512_add_epi32(left, right);
}

/// Adds each four lanes: a0+…+a3, b0+…+b3, c0+…, d0+…, a4+…
static inline __m512i fourfold(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i left = paired(a, b), right = paired(c, d);
  return _mm512_add_epi32(
      _mm512_unpacklo_epi64(left, right), _mm512_unpackhi_epi64(left, right));
}

/// Adds the products of some pieces of one row (of two, with one token) to a vector.
static inline __attribute__((always_inline)) __m512i dot(
    __m512i sums, size_t lanes, const uint8_t *weights, const uint8_t *quants, size_t first,
    size_t end) {
  for (size_t piece = first; piece < end; piece++) {
    const __m512i x = lanes == 1
        ? _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)quants))
        : _mm512_loadu_si512(quants + 64 * piece);
    sums = _mm512_dpbusd_epi32(sums, repeated(weights + 64 / lanes * piece, lanes), x);
  }
  return sums;
}

/// The sums of 16 / lanes rows. Where halves need not be told apart, all may be in the first.
static inline __attribute__((always_inline)) half_sums sums_of_rows(
    bool has_halves, size_t lanes, const uint8_t (*weights)[BLOCK], size_t row,
    const uint8_t *quants) {
  const __m512i zero = _mm512_setzero_si512();
  const size_t end = lanes / 2, middle = has_halves ? end / 2 : end;
#define ROW(i) weights[lanes == 1 ? 2 * (i) : slot_of(row + (i))]
#define FIRST(i) dot(zero, lanes, ROW(i), quants, 0, middle)
#define SECOND(i) dot(zero, lanes, ROW(i), quants, middle, end)
#define WHOLE(i) dot(zero, lanes, ROW(i), quants, 0, 1)
  switch (lanes) {
  case 16: return (half_sums){FIRST(0), SECOND(0)};
  case 8: return (half_sums){paired(FIRST(0), FIRST(1)), paired(SECOND(0), SECOND(1))};
  case 4:
    return (half_sums){
        fourfold(FIRST(0), FIRST(1), FIRST(2), FIRST(3)),
        fourfold(SECOND(0), SECOND(1), SECOND(2), SECOND(3))};
  default: {
    // In quarters of a vector: first and second half of the first token (or even slot), then of
    // the second token (or odd slot).
    const __m512i low = fourfold(WHOLE(0), WHOLE(1), WHOLE(2), WHOLE(3));
    const __m512i high = fourfold(WHOLE(4), WHOLE(5), WHOLE(6), WHOLE(7));
    return (half_sums){
        _mm512_permutex2var_epi64(low, _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), high),
        _mm512_permutex2var_epi64(low, _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2), high)};
  }
  }
}

/// Adds the products of a chunk to 16 * lanes sums.
static inline __attribute__((always_inline)) void add_tile(
    block_traits traits, size_t lanes, const weight_tile *tile, size_t block_count,
    const uint8_t *blocks, float *sums) {
  const size_t rows = 16 / lanes;
  const __m512i bias = _mm512_set1_epi32(traits.bias);
  __m512 totals[MAXIMUM_LANES];
#pragma clang loop unroll(full)
  for (size_t unit = 0; unit < lanes; unit++) { totals[unit] = _mm512_load_ps(sums + 16 * unit); }
  for (size_t b = 0; b < block_count; b++, blocks += block_byte_count(lanes)) {
    const uint8_t *scales = blocks + lanes * BLOCK;
    const __m512 scale = (__m512)stretched(scales, lanes);
    const __m512 scaled_sum =
        traits.has_offsets ? (__m512)stretched(scales + 4 * lanes, lanes) : _mm512_setzero_ps();
    __m512i excess = _mm512_setzero_si512(), first_excess = excess;
    if (traits.bias != 0) {
      excess = _mm512_mullo_epi32(bias, stretched(scales + 8 * lanes, lanes));
    }
    if (traits.has_halves) {
      first_excess = _mm512_mullo_epi32(bias, stretched(scales + 12 * lanes, lanes));
      excess = _mm512_sub_epi32(excess, first_excess);
    }
#pragma clang loop unroll(full)
    for (size_t unit = 0; unit < lanes; unit++) {
      const size_t row = unit * rows;
      const half_sums halves = 
          sums_of_rows(traits.has_halves, lanes, tile->quants[b], row, blocks);
      __m512 product;
      if (traits.has_halves) {
        // Integers below 2^24, so that every step is exact.
        const __m512 first = _mm512_cvtepi32_ps(_mm512_sub_epi32(halves.first, first_excess));
        const __m512 second = _mm512_cvtepi32_ps(_mm512_sub_epi32(halves.second, excess));
        product = _mm512_fmadd_ps(
            first, (__m512)repeated(tile->half_scales[0][b] + row, lanes),
            _mm512_mul_ps(second, (__m512)repeated(tile->half_scales[1][b] + row, lanes)));
      } else {
        product = _mm512_cvtepi32_ps(
            _mm512_sub_epi32(_mm512_add_epi32(halves.first, halves.second), excess));
      }
      const __m512 both = _mm512_mul_ps((__m512)repeated(tile->scales[b] + row, lanes), scale);
      totals[unit] = _mm512_add_ps(totals[unit], _mm512_mul_ps(product, both));
      if (traits.has_offsets) {
        const __m512 offset = (__m512)repeated(tile->offsets[b] + row, lanes);
        totals[unit] = _mm512_add_ps(totals[unit], _mm512_mul_ps(offset, scaled_sum));
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t unit = 0; unit < lanes; unit++) { _mm512_store_ps(sums + 16 * unit, totals[unit]); }
}

/// Transposes `lanes` vectors of `lanes` parts each: part j of vector i becomes part i of vector j.
static inline __attribute__((always_inline)) void transpose(size_t lanes, __m512 vectors[]) {
  const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  // Swaps blocks of half, a quarter, … of the matrix.
#pragma clang loop unroll(full)
  for (size_t distance = lanes / 2; distance > 0; distance /= 2) {
    const int width = (int)(16 / lanes * distance);
    const __m512i step = _mm512_set1_epi32(width);
    const __mmask16 upper = _mm512_test_epi32_mask(lane, step);
    // The lower vector takes the other one's lower parts in place of its upper ones.
    const __m512i low =
        _mm512_mask_add_epi32(lane, upper, lane, _mm512_set1_epi32(16 - width));
    const __m512i high =
        _mm512_mask_add_epi32(_mm512_add_epi32(lane, step), upper, lane, _mm512_set1_epi32(16));
#pragma clang loop unroll(full)
    for (size_t i = 0; i < lanes; i++) {
      if (i & distance) { continue; }
      const __m512 a = vectors[i], b = vectors[i + distance];
      vectors[i] = _mm512_permutex2var_ps(a, low, b);
      vectors[i + distance] = _mm512_permutex2var_ps(a, high, b);
    }
  }
}

/// Stores the sums of a tile's rows: output[token * stride + row].
static inline __attribute__((always_inline)) void store_lanes(
    size_t lanes, const float *sums, float *output, size_t stride, size_t row_count,
    size_t token_count, bool adds) {
  const __mmask16 rows = (__mmask16)((1u << row_count) - 1);
  __m512 vectors[MAXIMUM_LANES];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < lanes; i++) { vectors[i] = _mm512_load_ps(sums + 16 * i); }
  transpose(lanes, vectors);
#pragma clang loop unroll(full)
  for (size_t token = 0; token < lanes; token++) {
    if (token >= token_count) { return; }
    float *to = output + token * stride;
    const __m512 old = adds ? _mm512_maskz_loadu_ps(rows, to) : _mm512_setzero_ps();
    _mm512_mask_storeu_ps(to, rows, _mm512_add_ps(old, vectors[token]));
  }
}

static inline void store_tile(
    size_t lanes, const float *sums, float *output, size_t stride, size_t row_count,
    size_t token_count, bool adds) {
  switch (lanes) {
#define CASE(count) \
  case count: return store_lanes(count, sums, output, stride, row_count, token_count, adds);
    LANE_CASES
#undef CASE
  }
}
