// Products of quantised weights with one group of tokens, for which what is unpacked is used once: it
// goes from the registers into the products, so that unpacking a block and multiplying the one before
// overlap. A block of Q6_K takes more registers than there are: it goes through a tile.

#define DIRECT_TYPES(define) \
  define(TK_Q4_0) define(TK_Q4_1) define(TK_Q5_0) define(TK_Q5_1) define(TK_Q8_0) \
  define(TK_Q4_K) define(TK_Q5_K)

/// The products of whole rows, (token, row).
static inline __attribute__((always_inline)) void multiply_tile_rows(
    tk_weight_type type, size_t lanes, tile_source rows, size_t block_count,
    const uint8_t *blocks, fetcher *next, float *sums) {
  const block_traits traits = traits_of(type);
  const size_t step = blocks_stored_together(type);
  __m512 totals[GROUP_SIZE];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < lanes; t++) { totals[t] = _mm512_setzero_ps(); }
  for (size_t b = 0; b < block_count; b += step, rows.first += stored_byte_count(type)) {
#define ADD(w, at) \
  fetch_step(next); \
  add_block(traits, lanes, &w, blocks + (b + (at)) * block_byte_count(lanes), totals)
    FOR_EACH_BLOCK(type, rows, ADD)
#undef ADD
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < lanes; t++) { _mm512_store_ps(sums + TILE * t, totals[t]); }
}

static inline __attribute__((always_inline)) void multiply_directly(
    tk_weight_type type, size_t lanes, const tk_product *product, size_t first_row,
    size_t end_row) {
  const tk_activations *activations = product->activations;
  const size_t block_count = activations->column_count / BLOCK;
  const uint8_t *blocks = blocks_of_group(activations, 0);
  const size_t stride = product->row_byte_count;
  _Alignas(64) float sums[GROUP_SIZE * TILE];
  fetch_first_tile(product, first_row, end_row);
  size_t row = first_row;
  // Vectors that begin in the matrix's last row may end behind it.
  for (; row + TILE <= end_row && row + TILE < product->row_count; row += TILE) {
    fetcher next = fetcher_of_next(
        product, row, (block_range){0, block_count}, block_count, block_count);
    multiply_tile_rows(
        type, lanes, (tile_source){(const uint8_t *)product->weights + row * stride, stride},
        block_count, blocks, &next, sums);
    store_tile(
        lanes, sums, product->output + row, product->output_stride, TILE,
        activations->token_count, product->adds);
  }
  if (row < end_row) { multiply_blocks(type, product, row, end_row); }
}

#define DEFINE_DIRECT(type) \
  static void direct_##type(const tk_product *product, size_t first_row, size_t end_row) { \
    switch (lanes_for(product->activations->token_count)) { \
      LANES(type, 4) \
      LANES(type, 6) \
      LANES(type, 8) \
    default: return multiply_##type(product, first_row, end_row); \
    } \
  }
#define LANES(type, n) \
  case n: return multiply_directly(type, n, product, first_row, end_row);
DIRECT_TYPES(DEFINE_DIRECT)
#undef LANES

/// Computes with one group of tokens.
static void multiply_group(const tk_product *product, size_t first_row, size_t end_row) {
  switch (product->type) {
#define CASE(type) \
  case type: return direct_##type(product, first_row, end_row);
    DIRECT_TYPES(CASE)
#undef CASE
  default: return multiply(product, first_row, end_row);
  }
}
