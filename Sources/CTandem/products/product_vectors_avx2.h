// Products of quantised weights in vectors of 32 bytes, eight rows at a time.
//
// A vector holds four neighbouring columns of the rows, which meet the same columns of a token,
// broadcast: what is summed in a 32-bit lane belongs to one row. Up to eight tokens share the loads
// of the weights.

/// Rows in the lanes of a vector.
enum { LANE_ROWS = 8 };

/// The exact sums of eight rows with a token, over the first and the second half of a block.
typedef struct half_sums {
  __m256i first, second;
} half_sums;

/// A number of a token, in each lane.
static inline __m256i broadcast(const uint8_t *numbers, size_t token) {
  return _mm256_set1_epi32((int32_t)load_u32(numbers + 4 * token));
}

/// Whether quants take all 8 bits: of those, two products could overflow the 16 bits that
/// vpmaddubsw has, unless they are made signed first.
static inline bool is_signed(block_traits traits) { return traits.bias == 128; }

/// Quants as they are stored in a tile, made signed where they have to be.
static inline __m256i made_signed(block_traits traits, __m256i quants) {
  return is_signed(traits) ? _mm256_xor_si256(quants, _mm256_set1_epi8((char)0x80)) : quants;
}

/// Sums of two products in 16-bit lanes.
static inline __attribute__((always_inline)) __m256i dot_pairs(
    block_traits traits, __m256i weights, __m256i x) {
  return is_signed(traits)
      ? _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(x, weights))
      : _mm256_maddubs_epi16(weights, x);
}

/// Sums of neighbouring lanes.
static inline __m256i paired(__m256i words) {
  return _mm256_madd_epi16(words, _mm256_set1_epi16(1));
}

/// Four columns of each row, and the twelve that follow.
typedef struct sixteen_columns {
  __m256i fours[4];
} sixteen_columns;

static inline __attribute__((always_inline)) sixteen_columns columns_at(
    block_traits traits, const uint8_t *weights) {
  __m256i rows[4];
  for (size_t i = 0; i < 4; i++, weights += TILE_STRIDE) {
    const __m128i low = _mm_loadu_si128((const __m128i *)weights);
    const __m128i high = _mm_loadu_si128((const __m128i *)(weights + 4 * TILE_STRIDE));
    rows[i] = made_signed(traits, _mm256_set_m128i(high, low));
  }
  const __m256i left = _mm256_unpacklo_epi32(rows[0], rows[1]);
  const __m256i right = _mm256_unpacklo_epi32(rows[2], rows[3]);
  const __m256i high_left = _mm256_unpackhi_epi32(rows[0], rows[1]);
  const __m256i high_right = _mm256_unpackhi_epi32(rows[2], rows[3]);
  return (sixteen_columns){
      {_mm256_unpacklo_epi64(left, right), _mm256_unpackhi_epi64(left, right),
       _mm256_unpacklo_epi64(high_left, high_right), _mm256_unpackhi_epi64(high_left, high_right)}};
}

/// The sums of sixteen columns with some tokens.
static inline __attribute__((always_inline)) void multiply_columns(
    block_traits traits, size_t lanes, const sixteen_columns *weights, const uint8_t *quants,
    __m256i *sums) {
  // So many sums of two products fit in 16 bits: four with quants of 5 bits, two with those of 6.
  const size_t run = is_signed(traits) ? 1 : traits.has_halves ? 2 : 4;
#pragma clang loop unroll(full)
  for (size_t t = 0; t < lanes; t++) {
    __m256i sum = _mm256_setzero_si256();
#pragma clang loop unroll(full)
    for (size_t first = 0; first < 4; first += run) {
      __m256i words = _mm256_setzero_si256();
#pragma clang loop unroll(full)
      for (size_t i = first; i < first + run; i++) {
        const __m256i x = broadcast(quants + t * BLOCK, i);
        words = _mm256_add_epi16(words, dot_pairs(traits, weights->fours[i], x));
      }
      sum = _mm256_add_epi32(sum, paired(words));
    }
    sums[t] = sum;
  }
}

/// What a block adds to the sums of eight rows with a token, by the law.
static inline __attribute__((always_inline)) __m256 term_of(
    block_traits traits, half_sums sums, const weight_tile *tile, size_t b, size_t row,
    const uint8_t *numbers, size_t lanes, size_t token) {
  const uint8_t *scaled_sums = numbers + 4 * lanes, *all_sums = numbers + 8 * lanes;
  // The sums of signed quants come without their bias.
  const __m256i bias = _mm256_set1_epi32(is_signed(traits) ? 0 : traits.bias);
  const __m256i sum = broadcast(all_sums, token);
  __m256 product;
  if (traits.has_halves) {
    const __m256i half = broadcast(numbers + 12 * lanes, token);
    const __m256i first = _mm256_sub_epi32(sums.first, _mm256_mullo_epi32(bias, half));
    const __m256i second = _mm256_sub_epi32(
        sums.second, _mm256_mullo_epi32(bias, _mm256_sub_epi32(sum, half)));
    product = _mm256_add_ps(
        _mm256_mul_ps(_mm256_cvtepi32_ps(first), _mm256_loadu_ps(&tile->half_scales[0][b][row])),
        _mm256_mul_ps(
            _mm256_cvtepi32_ps(second), _mm256_loadu_ps(&tile->half_scales[1][b][row])));
  } else {
    product = _mm256_cvtepi32_ps(_mm256_sub_epi32(
        _mm256_add_epi32(sums.first, sums.second), _mm256_mullo_epi32(bias, sum)));
  }
  const __m256 scale =
      _mm256_mul_ps(_mm256_loadu_ps(&tile->scales[b][row]), (__m256)broadcast(numbers, token));
  const __m256 term = _mm256_mul_ps(product, scale);
  if (!traits.has_offsets) { return term; }
  const __m256 offset = _mm256_loadu_ps(&tile->offsets[b][row]);
  return _mm256_add_ps(term, _mm256_mul_ps(offset, (__m256)broadcast(scaled_sums, token)));
}

/// Adds the products of a chunk to the sums of each token, (token, row).
static inline __attribute__((always_inline)) void add_tile(
    block_traits traits, size_t lanes, const weight_tile *tile, size_t block_count,
    const uint8_t *blocks, fetcher *next, float *sums) {
  for (size_t row = 0; row < TILE; row += LANE_ROWS) {
    __m256 totals[GROUP_SIZE];
#pragma clang loop unroll(full)
    for (size_t t = 0; t < lanes; t++) { totals[t] = _mm256_loadu_ps(sums + TILE * t + row); }
    const uint8_t *block = blocks;
    for (size_t b = 0; b < block_count; b++, block += block_byte_count(lanes)) {
      if (row == 0) { fetch_step(next); }
      __m256i halves[2][GROUP_SIZE];
#pragma clang loop unroll(full)
      for (size_t half = 0; half < 2; half++) {
        const sixteen_columns columns =
            columns_at(traits, tile->quants[row][b] + half * BLOCK / 2);
        multiply_columns(traits, lanes, &columns, block + half * BLOCK / 2, halves[half]);
      }
#pragma clang loop unroll(full)
      for (size_t t = 0; t < lanes; t++) {
        const half_sums exact = {halves[0][t], halves[1][t]};
        const __m256 term =
            term_of(traits, exact, tile, b, row, block + lanes * BLOCK, lanes, t);
        totals[t] = _mm256_add_ps(totals[t], term);
      }
    }
#pragma clang loop unroll(full)
    for (size_t t = 0; t < lanes; t++) { _mm256_storeu_ps(sums + TILE * t + row, totals[t]); }
  }
}

/// Stores the sums of a tile's rows: output[token * stride + row].
static inline void store_tile(
    size_t lanes, const float *sums, float *output, size_t stride, size_t row_count,
    size_t token_count, bool adds) {
  (void)lanes;
  for (size_t token = 0; token < token_count; token++) {
    float *to = output + token * stride;
    for (size_t row = 0; row < row_count; row++) {
      to[row] = (adds ? to[row] : 0) + sums[token * TILE + row];
    }
  }
}
