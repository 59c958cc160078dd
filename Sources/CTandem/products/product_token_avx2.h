// Products of quantised weights with one token. Quants are read where they are stored: what is used
// once is not worth a copy.

/// The sums of a block of four rows, first halves below second halves.
static inline __attribute__((always_inline)) __m256i sums_of_four(
    tk_weight_type type, const uint8_t *rows, size_t stride, size_t i, __m256i x) {
  const block_traits traits = traits_of(type);
  __m256i sums[4];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < 4; row++) {
    const __m256i quants = (__m256i)stored_quants(type, rows + row * stride, i);
    sums[row] = paired(dot_pairs(traits, made_signed(traits, quants), x));
  }
  return _mm256_hadd_epi32(
      _mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
}

/// The exact sums of a block of eight rows.
static inline __attribute__((always_inline)) half_sums sums_of_eight(
    tk_weight_type type, const uint8_t *rows, size_t stride, size_t i, const uint8_t *quants) {
  const __m256i x = _mm256_loadu_si256((const __m256i *)quants);
  const __m256i low = sums_of_four(type, rows, stride, i, x);
  const __m256i high = sums_of_four(type, rows + 4 * stride, stride, i, x);
  return (half_sums){
      _mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31)};
}

/// Adds the products of a chunk of eight rows, whose numbers are in a tile from some row on.
static inline __attribute__((always_inline)) void add_stored_rows(
    tk_weight_type type, const uint8_t *rows, size_t stride, const weight_tile *numbers,
    size_t row, size_t block_count, const uint8_t *block, fetcher *next, float *sums) {
  const size_t together = blocks_stored_together(type);
  __m256 total = _mm256_loadu_ps(sums + row);
  for (size_t b = 0; b < block_count; b += together, rows += stored_byte_count(type)) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < together; i++, block += block_byte_count(1)) {
      if (row == 0) { fetch_step(next); }
      const half_sums exact = sums_of_eight(type, rows, stride, i, block);
      total = _mm256_add_ps(
          total, term_of(traits_of(type), exact, numbers, b + i, row, block + BLOCK, 1, 0));
    }
  }
  _mm256_storeu_ps(sums + row, total);
}

/// Multiplies whole tiles of rows.
static inline __attribute__((always_inline)) void multiply_token(
    tk_weight_type type, const tk_product *product, size_t first_row, size_t end_row) {
  const tk_activations *activations = product->activations;
  const size_t block_count = activations->column_count / BLOCK, stride = product->row_byte_count;
  const size_t chunk = blocks_in_chunk(block_count);
  const uint8_t *x = activations->converted;
  weight_tile numbers;
  for (size_t row = first_row; row < end_row; row += TILE) {
    const uint8_t *rows = (const uint8_t *)product->weights + row * stride;
    float sums[TILE] = {0};
    for (size_t block = 0; block < block_count; block += chunk) {
      const block_range range = {block, smaller(chunk, block_count - block)};
      const uint8_t *from = rows + block / blocks_stored_together(type) * stored_byte_count(type);
      unpack_parts(type, false, from, stride, range.count, &numbers);
      fetcher next = fetcher_of_next(product, row, range, block_count, chunk);
      for (size_t half = 0; half < TILE; half += LANE_ROWS) {
        add_stored_rows(
            type, from + half * stride, stride, &numbers, half, range.count,
            x + block * block_byte_count(1), &next, sums);
      }
    }
    store_tile(1, sums, product->output + row, 0, TILE, 1, product->adds);
  }
}

#define DEFINE_TOKEN(type) \
  static void multiply_token_##type( \
      const tk_product *product, size_t first_row, size_t end_row) { \
    multiply_token(type, product, first_row, end_row); \
  }
BLOCK_TYPES(DEFINE_TOKEN)
#undef DEFINE_TOKEN

static void multiply_one_token(const tk_product *product, size_t first_row, size_t end_row) {
  switch (product->type) {
#define CASE(type) \
  case type: return multiply_token_##type(product, first_row, end_row);
    BLOCK_TYPES(CASE)
#undef CASE
  default: return;
  }
}
