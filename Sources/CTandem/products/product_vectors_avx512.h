// Products of quantised weights in vectors of 64 bytes.
//
// A vector holds `lanes` tokens, 64 / lanes columns each; the same columns of one row of weights
// are broadcast to all of them. What vpdpbusd
// sums in 32-bit lanes is added up across a token's lanes for 16 / lanes rows at once, so that
// every number of tokens ends with 16 sums in a vector: tokens in order, in each the rows.

/// Vectors of sums over a block, at most eight.
typedef struct half_sums {
  /// Of the first and the last 16 columns; all in the first where they need not be told apart.
  __m512i first[8], second[8];
} half_sums;

/// 64 / lanes bytes, repeated.
static inline __attribute__((always_inline)) __m512i repeated(const void *from, size_t lanes) {
  switch (lanes) {
  case 8: return _mm512_set1_epi64((int64_t)load_u64(from));
  default: return _mm512_set1_epi32((int32_t)load_u32(from));
  }
}

/// `lanes` numbers of 32 bits, each repeated 16 / lanes times.
static inline __attribute__((always_inline)) __m512i stretched(const void *from, size_t lanes) {
  const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  switch (lanes) {
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

/// The sums of eight rows.
static inline __attribute__((always_inline)) half_sums dot_rows(
    bool has_halves, size_t lanes, const uint8_t *weights, const uint8_t *quants) {
  const size_t pieces = lanes / 2;
  half_sums sums;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 8; i++) { sums.first[i] = sums.second[i] = _mm512_setzero_si512(); }
#pragma clang loop unroll(full)
  for (size_t piece = 0; piece < pieces; piece++) {
    const __m512i x = _mm512_loadu_si512(quants + 64 * piece);
    __m512i *half = has_halves && 2 * piece >= pieces ? sums.second : sums.first;
    // Eight rows side by side, since one waits four cycles for its last sum.
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i++) {
      const uint8_t *w = weights + i * TILE_STRIDE + 64 / lanes * piece;
      half[i] = _mm512_dpbusd_epi32(half[i], repeated(w, lanes), x);
    }
  }
  return sums;
}

/// Adds up what a token's lanes hold, for 16 / lanes rows in a vector.
static inline __attribute__((always_inline)) void fold(size_t lanes, __m512i sums[8]) {
  switch (lanes) {
  case 8:
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) { sums[i] = paired(sums[2 * i], sums[2 * i + 1]); }
    return;
  }
}

/// Numbers of a block's activations, for all lanes of a vector.
typedef struct block_numbers {
  __m512 scale, scaled_sum;
  /// What the bias of the weights adds to the sums of both halves.
  __m512i first_excess, second_excess;
} block_numbers;

static inline __attribute__((always_inline)) block_numbers numbers_of(
    block_traits traits, size_t lanes, const uint8_t *block) {
  const uint8_t *numbers = block + lanes * BLOCK;
  const __m512i bias = _mm512_set1_epi32(traits.bias);
  block_numbers result = {.scale = (__m512)stretched(numbers, lanes)};
  if (traits.has_offsets) { result.scaled_sum = (__m512)stretched(numbers + 4 * lanes, lanes); }
  if (traits.bias == 0) { return result; }
  result.first_excess = _mm512_mullo_epi32(bias, stretched(numbers + 8 * lanes, lanes));
  if (traits.has_halves) {
    const __m512i whole = result.first_excess;
    result.first_excess = _mm512_mullo_epi32(bias, stretched(numbers + 12 * lanes, lanes));
    result.second_excess = _mm512_sub_epi32(whole, result.first_excess);
  }
  return result;
}

/// A step of the law for 16 sums of 16 / lanes rows.
static inline __attribute__((always_inline)) __m512 added_block(
    block_traits traits, size_t lanes, const weight_tile *tile, size_t b, size_t row,
    block_numbers x, __m512i first, __m512i second, __m512 total) {
  __m512 product;
  if (traits.has_halves) {
    // Integers below 2^24, so that every step is exact.
    const __m512 left = _mm512_cvtepi32_ps(_mm512_sub_epi32(first, x.first_excess));
    const __m512 right = _mm512_cvtepi32_ps(_mm512_sub_epi32(second, x.second_excess));
    product = _mm512_fmadd_ps(
        left, (__m512)repeated(tile->half_scales[0][b] + row, lanes),
        _mm512_mul_ps(right, (__m512)repeated(tile->half_scales[1][b] + row, lanes)));
  } else {
    product = _mm512_cvtepi32_ps(traits.bias ? _mm512_sub_epi32(first, x.first_excess) : first);
  }
  const __m512 scale = _mm512_mul_ps((__m512)repeated(tile->scales[b] + row, lanes), x.scale);
  __m512 term = _mm512_mul_ps(product, scale);
  if (traits.has_offsets) {
    const __m512 offset = (__m512)repeated(tile->offsets[b] + row, lanes);
    term = _mm512_add_ps(term, _mm512_mul_ps(offset, x.scaled_sum));
  }
  return _mm512_add_ps(total, term);
}

/// Adds the products of a chunk to 16 * lanes sums.
static inline __attribute__((always_inline)) void add_tile(
    block_traits traits, size_t lanes, const weight_tile *tile, size_t block_count,
    const uint8_t *blocks, fetcher *next, float *sums) {
  // Vectors of sums: 16 / lanes rows in each.
  const size_t count = lanes, parts = 2;
  __m512 totals[MAXIMUM_LANES];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) { totals[i] = _mm512_load_ps(sums + 16 * i); }
  for (size_t b = 0; b < block_count; b++, blocks += block_byte_count(lanes)) {
    const block_numbers x = numbers_of(traits, lanes, blocks);
    fetch_step(next);
#pragma clang loop unroll(full)
    for (size_t part = 0; part < parts; part++) {
      half_sums halves = dot_rows(traits.has_halves, lanes, tile->quants[8 * part][b], blocks);
      fold(lanes, halves.first);
      if (traits.has_halves) { fold(lanes, halves.second); }
#pragma clang loop unroll(full)
      for (size_t i = 0; i < count / parts; i++) {
        const size_t vector = part * count / parts + i;
        totals[vector] = added_block(
            traits, lanes, tile, b, vector * 16 / lanes, x, halves.first[i], halves.second[i],
            totals[vector]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) { _mm512_store_ps(sums + 16 * i, totals[i]); }
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
