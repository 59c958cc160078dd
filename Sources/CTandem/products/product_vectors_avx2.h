// Products of quantised weights in vectors of 32 bytes: a block of one row with one token, or four
// columns each of eight tokens.

/// Eight exact sums of products: of eight rows, or of one row with eight tokens.
typedef struct half_sums {
  __m256i first, second;
} half_sums;

/// Sums of four products in 32-bit lanes. Quants with a bias of 128 are made signed first: of
/// those, two products could overflow the 16 bits that vpmaddubsw has.
static inline __attribute__((always_inline)) __m256i dot(
    block_traits traits, __m256i weights, __m256i x) {
  if (traits.bias == 128) {
    const __m256i w = _mm256_xor_si256(weights, _mm256_set1_epi8((char)0x80));
    weights = _mm256_abs_epi8(w);
    x = _mm256_sign_epi8(x, w);
  }
  return _mm256_madd_epi16(_mm256_maddubs_epi16(weights, x), _mm256_set1_epi16(1));
}

/// The sums of four rows, first halves below second halves.
static inline __attribute__((always_inline)) __m256i sums_of_four(
    block_traits traits, const uint8_t *weights, __m256i x) {
  __m256i sums[4];
  for (int i = 0; i < 4; i++) {
    sums[i] = dot(traits, _mm256_loadu_si256((const __m256i *)(weights + (size_t)i * TILE_STRIDE)), x);
  }
  return _mm256_hadd_epi32(
      _mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
}

/// The sums of eight rows with one token.
static inline __attribute__((always_inline)) half_sums sums_of_rows(
    block_traits traits, const uint8_t *weights, const uint8_t *quants) {
  const __m256i x = _mm256_loadu_si256((const __m256i *)quants);
  const __m256i low = sums_of_four(traits, weights, x);
  const __m256i high = sums_of_four(traits, weights + 4 * TILE_STRIDE, x);
  return (half_sums){
      _mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31)};
}

/// The sums of one row with eight tokens.
static inline __attribute__((always_inline)) half_sums sums_of_tokens(
    block_traits traits, const uint8_t *weights, const uint8_t *quants) {
  half_sums sums = {_mm256_setzero_si256(), _mm256_setzero_si256()};
  for (int piece = 0; piece < 8; piece++) {
    const __m256i w = _mm256_set1_epi32((int32_t)load_u32(weights + 4 * piece));
    const __m256i x = _mm256_loadu_si256((const __m256i *)(quants + 32 * piece));
    __m256i *half = piece < 4 ? &sums.first : &sums.second;
    *half = _mm256_add_epi32(*half, dot(traits, w, x));
  }
  return sums;
}

/// Eight numbers of rows: of eight rows, or of one row eight times.
static inline __attribute__((always_inline)) __m256 of_rows(const float *from, size_t lanes) {
  return lanes == 1 ? _mm256_loadu_ps(from) : _mm256_set1_ps(*from);
}

/// Eight numbers of tokens: of one token eight times, or of eight tokens.
static inline __attribute__((always_inline)) __m256i of_tokens(const void *from, size_t lanes) {
  return lanes == 1 ? _mm256_set1_epi32((int32_t)load_u32(from)) : _mm256_loadu_si256(from);
}

/// The integer part of a law's step as floats, exact.
static inline __attribute__((always_inline)) __m256 product_of(
    block_traits traits, half_sums sums, const uint8_t *numbers, const weight_tile *tile, size_t b,
    size_t row, size_t lanes) {
  // The sums of quants with a bias of 128 come without it.
  const __m256i bias = _mm256_set1_epi32(traits.bias == 128 ? 0 : traits.bias);
  const __m256i sum = of_tokens(numbers + 8 * lanes, lanes);
  if (!traits.has_halves) {
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(
        _mm256_add_epi32(sums.first, sums.second), _mm256_mullo_epi32(bias, sum)));
  }
  const __m256i half = of_tokens(numbers + 12 * lanes, lanes);
  const __m256i first = _mm256_sub_epi32(sums.first, _mm256_mullo_epi32(bias, half));
  const __m256i second = _mm256_sub_epi32(
      sums.second, _mm256_mullo_epi32(bias, _mm256_sub_epi32(sum, half)));
  return _mm256_add_ps(
      _mm256_mul_ps(_mm256_cvtepi32_ps(first), of_rows(&tile->half_scales[0][b][row], lanes)),
      _mm256_mul_ps(_mm256_cvtepi32_ps(second), of_rows(&tile->half_scales[1][b][row], lanes)));
}

/// Adds the products of a chunk to 16 * lanes sums.
static inline __attribute__((always_inline)) void add_tile(
    block_traits traits, size_t lanes, const weight_tile *tile, size_t block_count,
    const uint8_t *blocks, fetcher *next, float *sums) {
  // One row with eight tokens, or eight rows with one token.
  const size_t step = lanes == 1 ? 8 : 1;
  for (size_t row = 0; row < TILE; row += step) {
    __m256 total = _mm256_loadu_ps(sums + row * lanes);
    const uint8_t *block = blocks;
    for (size_t b = 0; b < block_count; b++, block += block_byte_count(lanes)) {
      if (row == 0) { fetch_step(next); }
      const uint8_t *numbers = block + lanes * BLOCK;
      const half_sums exact = lanes == 1 ? sums_of_rows(traits, tile->quants[row][b], block)
                                         : sums_of_tokens(traits, tile->quants[row][b], block);
      const __m256 product = product_of(traits, exact, numbers, tile, b, row, lanes);
      const __m256 scale = _mm256_mul_ps(
          of_rows(&tile->scales[b][row], lanes), (__m256)of_tokens(numbers, lanes));
      __m256 term = _mm256_mul_ps(product, scale);
      if (traits.has_offsets) {
        const __m256 scaled_sum = (__m256)of_tokens(numbers + 4 * lanes, lanes);
        term = _mm256_add_ps(
            term, _mm256_mul_ps(of_rows(&tile->offsets[b][row], lanes), scaled_sum));
      }
      total = _mm256_add_ps(total, term);
    }
    _mm256_storeu_ps(sums + row * lanes, total);
  }
}

#include "product_store.h"
