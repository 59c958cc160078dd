// Unpacks super-blocks of sixteen rows: Q4_K, Q5_K, Q6_K. Part of product_blocks_avx512.h.

/// The numbers of a super-block's blocks.
typedef struct super_numbers {
  _Alignas(64) float scales[SUPER][TILE];
  /// Of Q4_K and Q5_K.
  _Alignas(64) float offsets[SUPER][TILE];
  /// Of Q6_K.
  _Alignas(64) float half_scales[2][SUPER][TILE];
} super_numbers;

/// The scales and offsets of a super-block of Q4_K or Q5_K: ggml-quants.c, get_scale_min_k4.
static inline __attribute__((always_inline)) void unpack_numbers_k(
    tile_source rows, super_numbers *to) {
  const sixteen_bytes head = sixteen_at(rows, 0);
  const __m512 scale = low_floats(head.fours[0]);
  const __m512 offset = _mm512_sub_ps(_mm512_set1_ps(-0.0f), high_floats(head.fours[0]));
  const __m512i low = head.fours[1], middle = head.fours[2], high = head.fours[3];
  const __m512i scales = _mm512_or_si512(masked(high, 15), down(low, 2, 0x30));
  const __m512i offsets = _mm512_or_si512(down(high, 4, 15), down(middle, 2, 0x30));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    _mm512_store_ps(to->scales[i], scaled_bits(low, 8 * i, 63, scale));
    _mm512_store_ps(to->scales[4 + i], scaled_bits(scales, 8 * i, 63, scale));
    _mm512_store_ps(to->offsets[i], scaled_bits(middle, 8 * i, 63, offset));
    _mm512_store_ps(to->offsets[4 + i], scaled_bits(offsets, 8 * i, 63, offset));
  }
}

/// The numbers of a super-block of Q6_K.
static inline __attribute__((always_inline)) void unpack_numbers_q6_k(
    tile_source rows, super_numbers *to) {
  // The scale is the last half of a super-block, behind the 16 integers.
  const __m512 scale = high_floats(sixteen_at(rows, 210 - 16).fours[3]);
  const sixteen_bytes integers = sixteen_at(rows, 192);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 16; i++) {
    const __m512i up = _mm512_slli_epi32(integers.fours[i / 4], (unsigned)(24 - i % 4 * 8));
    _mm512_store_ps(
        to->half_scales[i % 2][i / 2], _mm512_cvtepi32_ps(_mm512_srai_epi32(up, 24)));
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < SUPER; i++) { _mm512_store_ps(to->scales[i], scale); }
}

/// What blocks of a super-block are made of; `b` counts them.
static inline __attribute__((always_inline)) tile_block numbered_block(
    block_traits traits, const super_numbers *numbers, size_t b) {
  tile_block w = {.scale = _mm512_load_ps(numbers->scales[b])};
  if (traits.has_offsets) { w.offset = _mm512_load_ps(numbers->offsets[b]); }
  if (traits.has_halves) {
    w.half_scales[0] = _mm512_load_ps(numbers->half_scales[0][b]);
    w.half_scales[1] = _mm512_load_ps(numbers->half_scales[1][b]);
  }
  return w;
}

/// Two blocks of Q4_K or Q5_K, which are in the low and in the high bits of the same bytes.
typedef struct block_pair {
  tile_block low, high;
} block_pair;

/// `fifths` are the fifth bits of all columns, of Q5_K.
static inline __attribute__((always_inline)) block_pair unpacked_pair(
    tk_weight_type type, tile_source rows, const super_numbers *numbers,
    const sixteen_bytes fifths[2], size_t pair) {
  const bool has_bits = type == TK_Q5_K;
  block_pair w = {
      numbered_block(traits_of(type), numbers, 2 * pair),
      numbered_block(traits_of(type), numbers, 2 * pair + 1)};
#pragma clang loop unroll(full)
  for (size_t half = 0; half < 2; half++) {
    const sixteen_bytes nibbles =
        sixteen_at(rows, (has_bits ? 48 : 16) + 16 * half + 32 * pair);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) {
      __m512i low = masked(nibbles.fours[i], 15), high = down(nibbles.fours[i], 4, 15);
      if (has_bits) {
        const __m512i bits =
            _mm512_srl_epi16(fifths[half].fours[i], _mm_cvtsi32_si128((int)(2 * pair)));
        low = _mm512_or_si512(low, up(bits, 4, 16));
        high = _mm512_or_si512(high, up(bits, 3, 16));
      }
      w.low.pieces[4 * half + i] = low;
      w.high.pieces[4 * half + i] = high;
    }
  }
  return w;
}

/// Half of a super-block of Q6_K: the low and the high bits of four blocks, for the first and the
/// last sixteen columns.
typedef struct half_super {
  sixteen_bytes left[2], right[2], high[2];
} half_super;

static inline __attribute__((always_inline)) half_super half_super_at(
    tile_source rows, size_t half) {
  half_super v;
#pragma clang loop unroll(full)
  for (size_t columns = 0; columns < 2; columns++) {
    v.left[columns] = sixteen_at(rows, 64 * half + 16 * columns);
    v.right[columns] = sixteen_at(rows, 64 * half + 32 + 16 * columns);
    v.high[columns] = sixteen_at(rows, 128 + 32 * half + 16 * columns);
  }
  return v;
}

/// One of the four blocks.
static inline __attribute__((always_inline)) tile_block unpacked_quarter(
    const half_super *v, const super_numbers *numbers, size_t half, size_t quarter) {
  tile_block w = numbered_block(traits_of(TK_Q6_K), numbers, 4 * half + quarter);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 8; i++) {
    const __m512i low = (quarter % 2 == 0 ? v->left : v->right)[i / 4].fours[i % 4];
    const __m512i bits = v->high[i / 4].fours[i % 4];
    const __m512i nibbles = quarter < 2 ? masked(low, 15) : down(low, 4, 15);
    const __m512i rest = quarter < 2 ? up(bits, 4 - 2 * (int)quarter, 0x30)
                                     : down(bits, 2 * (int)quarter - 4, 0x30);
    w.pieces[i] = _mm512_or_si512(nibbles, rest);
  }
  return w;
}
