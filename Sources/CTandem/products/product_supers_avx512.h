// Unpacks super-blocks of sixteen rows: Q4_K, Q5_K, Q6_K. Part of product_blocks_avx512.h.

/// The scales and offsets of a super-block of Q4_K or Q5_K: ggml-quants.c, get_scale_min_k4.
static inline __attribute__((always_inline)) void unpack_numbers_k(
    tile_source rows, weight_tile *tile, size_t b) {
  const sixteen_bytes head = sixteen_at(rows, 0);
  const __m512 scale = low_floats(head.fours[0]);
  const __m512 offset = _mm512_sub_ps(_mm512_set1_ps(-0.0f), high_floats(head.fours[0]));
  const __m512i low = head.fours[1], middle = head.fours[2], high = head.fours[3];
  const __m512i scales = _mm512_or_si512(masked(high, 15), down(low, 2, 0x30));
  const __m512i offsets = _mm512_or_si512(down(high, 4, 15), down(middle, 2, 0x30));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    _mm512_store_ps(tile->scales[b + i], scaled_bits(low, 8 * i, 63, scale));
    _mm512_store_ps(tile->scales[b + 4 + i], scaled_bits(scales, 8 * i, 63, scale));
    _mm512_store_ps(tile->offsets[b + i], scaled_bits(middle, 8 * i, 63, offset));
    _mm512_store_ps(tile->offsets[b + 4 + i], scaled_bits(offsets, 8 * i, 63, offset));
  }
}

/// A super-block of Q4_K or Q5_K.
static inline __attribute__((always_inline)) void unpack_k(
    tk_weight_type type, tile_source rows, weight_tile *tile, size_t b) {
  unpack_numbers_k(rows, tile, b);
  const bool has_bits = type == TK_Q5_K;
#pragma clang loop unroll(full)
  for (size_t half = 0; half < 2; half++) {
    const sixteen_bytes bits = sixteen_at(rows, 16 + 16 * half);
#pragma clang loop unroll(full)
    for (int pair = 0; pair < 4; pair++) {
      const sixteen_bytes nibbles =
          sixteen_at(rows, (has_bits ? 48 : 16) + 16 * half + 32 * (size_t)pair);
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 4; i++) {
        __m512i low = masked(nibbles.fours[i], 15), high = down(nibbles.fours[i], 4, 15);
        if (has_bits) {
          const __m512i word = bits.fours[i];
          low = _mm512_or_si512(
              low, pair < 3 ? up(word, 4 - 2 * pair, 16) : down(word, 2, 16));
          high = _mm512_or_si512(
              high, pair < 2 ? up(word, 3 - 2 * pair, 16) : down(word, 2 * pair - 3, 16));
        }
        _mm512_store_si512(tile->pieces[b + 2 * (size_t)pair][4 * half + i], low);
        _mm512_store_si512(tile->pieces[b + 2 * (size_t)pair + 1][4 * half + i], high);
      }
    }
  }
}

/// The numbers of a super-block of Q6_K.
static inline __attribute__((always_inline)) void unpack_numbers_q6_k(
    tile_source rows, weight_tile *tile, size_t b) {
  // The scale is the last half of a super-block, behind the 16 integers.
  const __m512 scale = high_floats(sixteen_at(rows, 210 - 16).fours[3]);
  const sixteen_bytes integers = sixteen_at(rows, 192);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 16; i++) {
    const __m512i up = _mm512_slli_epi32(integers.fours[i / 4], (unsigned)(24 - i % 4 * 8));
    _mm512_store_ps(
        tile->half_scales[i % 2][b + i / 2], _mm512_cvtepi32_ps(_mm512_srai_epi32(up, 24)));
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 8; i++) { _mm512_store_ps(tile->scales[b + i], scale); }
}

/// A super-block of Q6_K.
static inline __attribute__((always_inline)) void unpack_q6_k_rows(
    tile_source rows, weight_tile *tile, size_t b) {
  unpack_numbers_q6_k(rows, tile, b);
#pragma clang loop unroll(full)
  for (size_t part = 0; part < 4; part++) {
    // Sixteen columns of each of four blocks.
    const size_t half = part / 2, column = part % 2 * 16;
    const sixteen_bytes left = sixteen_at(rows, 64 * half + column);
    const sixteen_bytes right = sixteen_at(rows, 64 * half + 32 + column);
    const sixteen_bytes high = sixteen_at(rows, 128 + 32 * half + column);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) {
      const __m512i l = left.fours[i], r = right.fours[i], bits = high.fours[i];
      const size_t block = b + 4 * half, piece = column / 4 + i;
      _mm512_store_si512(
          tile->pieces[block][piece], _mm512_or_si512(masked(l, 15), up(bits, 4, 0x30)));
      _mm512_store_si512(
          tile->pieces[block + 1][piece], _mm512_or_si512(masked(r, 15), up(bits, 2, 0x30)));
      _mm512_store_si512(
          tile->pieces[block + 2][piece], _mm512_or_si512(down(l, 4, 15), masked(bits, 0x30)));
      _mm512_store_si512(
          tile->pieces[block + 3][piece], _mm512_or_si512(down(r, 4, 15), down(bits, 2, 0x30)));
    }
  }
}
