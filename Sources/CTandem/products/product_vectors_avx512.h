// Products of quantised weights in vectors of 64 bytes.
//
// A vector holds four neighbouring columns of sixteen rows, which meet the same columns of a token,
// broadcast: what vpdpbusd sums in a 32-bit lane belongs to one row. Up to eight tokens share the
// loads of the weights.

/// A number of each token.
static inline __m512i broadcast(const uint8_t *numbers, size_t token) {
  return _mm512_set1_epi32((int32_t)load_u32(numbers + 4 * token));
}

/// A block of sixteen rows: weight = scale * half_scale * (quant - bias) + offset.
typedef struct tile_block {
  __m512i pieces[BLOCK / 4];
  __m512 scale;
  /// Only of types with offsets.
  __m512 offset;
  /// Only of Q6_K.
  __m512 half_scales[2];
} tile_block;

static inline __attribute__((always_inline)) tile_block block_of(
    block_traits traits, const weight_tile *tile, size_t b) {
  tile_block w = {.scale = _mm512_load_ps(tile->scales[b])};
#pragma clang loop unroll(full)
  for (size_t i = 0; i < BLOCK / 4; i++) { w.pieces[i] = _mm512_load_si512(tile->pieces[b][i]); }
  if (traits.has_offsets) { w.offset = _mm512_load_ps(tile->offsets[b]); }
  if (traits.has_halves) {
    w.half_scales[0] = _mm512_load_ps(tile->half_scales[0][b]);
    w.half_scales[1] = _mm512_load_ps(tile->half_scales[1][b]);
  }
  return w;
}

static inline __attribute__((always_inline)) void store_block(
    block_traits traits, const tile_block *w, weight_tile *tile, size_t b) {
  _mm512_store_ps(tile->scales[b], w->scale);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < BLOCK / 4; i++) { _mm512_store_si512(tile->pieces[b][i], w->pieces[i]); }
  if (traits.has_offsets) { _mm512_store_ps(tile->offsets[b], w->offset); }
  if (traits.has_halves) {
    _mm512_store_ps(tile->half_scales[0][b], w->half_scales[0]);
    _mm512_store_ps(tile->half_scales[1][b], w->half_scales[1]);
  }
}

/// The exact sums over half a block's columns, less those of the weights' bias, added to `sums`.
static inline __attribute__((always_inline)) void add_half(
    size_t lanes, const __m512i weights[4], const uint8_t *quants, __m512i *sums) {
  // Tokens side by side, since one waits four cycles for its last sum.
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
#pragma clang loop unroll(full)
    for (size_t t = 0; t < lanes; t++) {
      sums[t] = _mm512_dpbusd_epi32(sums[t], weights[i], broadcast(quants + t * BLOCK, i));
    }
  }
}

/// The products of a block's integers, by the law.
static inline __attribute__((always_inline)) void multiply_integers(
    block_traits traits, size_t lanes, const tile_block *w, const uint8_t *block,
    __m512 *products) {
  const uint8_t *all_sums = block + lanes * (BLOCK + 8), *half_sums = all_sums + 4 * lanes;
  const __m512i bias = _mm512_set1_epi32(traits.bias);
  __m512i sums[GROUP_SIZE];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < lanes; t++) { sums[t] = _mm512_setzero_si512(); }
  add_half(lanes, w->pieces, block, sums);
  if (traits.has_halves) {
    // Integers below 2^24, so that every step is exact.
#pragma clang loop unroll(full)
    for (size_t t = 0; t < lanes; t++) {
      const __m512i excess = _mm512_mullo_epi32(bias, broadcast(half_sums, t));
      products[t] = _mm512_mul_ps(
          _mm512_cvtepi32_ps(_mm512_sub_epi32(sums[t], excess)), w->half_scales[0]);
      sums[t] = _mm512_setzero_si512();
    }
  }
  add_half(lanes, w->pieces + 4, block + BLOCK / 2, sums);
#pragma clang loop unroll(full)
  for (size_t t = 0; t < lanes; t++) {
    __m512i sum = broadcast(all_sums, t);
    if (traits.has_halves) { sum = _mm512_sub_epi32(sum, broadcast(half_sums, t)); }
    if (traits.bias > 0) { sums[t] = _mm512_sub_epi32(sums[t], _mm512_mullo_epi32(bias, sum)); }
    const __m512 product = _mm512_cvtepi32_ps(sums[t]);
    products[t] = traits.has_halves ? _mm512_fmadd_ps(product, w->half_scales[1], products[t])
                                    : product;
  }
}

/// Adds the products of a block to the sums of each token.
static inline __attribute__((always_inline)) void add_block(
    block_traits traits, size_t lanes, const tile_block *w, const uint8_t *block,
    __m512 *totals) {
  __m512 products[GROUP_SIZE];
  multiply_integers(traits, lanes, w, block, products);
  const uint8_t *scales = block + lanes * BLOCK, *scaled_sums = scales + 4 * lanes;
#pragma clang loop unroll(full)
  for (size_t t = 0; t < lanes; t++) {
    __m512 term =
        _mm512_mul_ps(products[t], _mm512_mul_ps(w->scale, (__m512)broadcast(scales, t)));
    if (traits.has_offsets) {
      term = _mm512_add_ps(
          term, _mm512_mul_ps(w->offset, (__m512)broadcast(scaled_sums, t)));
    }
    totals[t] = _mm512_add_ps(totals[t], term);
  }
}

/// Adds the products of a chunk to the sums of each token, (token, row).
static inline __attribute__((always_inline)) void add_tile(
    block_traits traits, size_t lanes, const weight_tile *tile, size_t block_count,
    const uint8_t *blocks, fetcher *next, float *sums) {
  __m512 totals[GROUP_SIZE];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < lanes; t++) { totals[t] = _mm512_load_ps(sums + TILE * t); }
  for (size_t b = 0; b < block_count; b++, blocks += block_byte_count(lanes)) {
    fetch_step(next);
    const tile_block w = block_of(traits, tile, b);
    add_block(traits, lanes, &w, blocks, totals);
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < lanes; t++) { _mm512_store_ps(sums + TILE * t, totals[t]); }
}

/// Stores the sums of a tile's rows: output[token * stride + row].
static inline void store_tile(
    size_t lanes, const float *sums, float *output, size_t stride, size_t row_count,
    size_t token_count, bool adds) {
  (void)lanes;
  const __mmask16 rows = (__mmask16)((1u << row_count) - 1);
  for (size_t token = 0; token < token_count; token++) {
    float *to = output + token * stride;
    const __m512 old = adds ? _mm512_maskz_loadu_ps(rows, to) : _mm512_setzero_ps();
    _mm512_mask_storeu_ps(to, rows, _mm512_add_ps(old, _mm512_load_ps(sums + TILE * token)));
  }
}
