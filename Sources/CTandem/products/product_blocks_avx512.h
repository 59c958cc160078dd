// Unpacks rows of quantised weights, as ggml lays them out (ggml-common.h, ggml-quants.c), sixteen
// of them side by side: a vector holds four neighbouring bytes of each.

#include "product_lanes.h"

/// The same place in sixteen rows.
typedef struct tile_source {
  const uint8_t *first;
  size_t stride;
} tile_source;

/// Four neighbouring bytes of each of sixteen rows, and the twelve that follow.
typedef struct sixteen_bytes {
  __m512i fours[4];
} sixteen_bytes;

/// The rows `row`, `row` + 4, `row` + 8 and `row` + 12 in the quarters of a vector. Masked loads, because inserting takes the
/// units that shuffle.
static inline __attribute__((always_inline)) __m512i quarters_at(
    tile_source rows, size_t row, size_t offset) {
  const uint8_t *from = rows.first + row * rows.stride + offset;
  __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)from));
#pragma clang loop unroll(full)
  for (int i = 1; i < 4; i++) {
    from += 4 * rows.stride;
    v = _mm512_mask_broadcast_i32x4(
        v, (__mmask16)(15 << 4 * i), _mm_loadu_si128((const __m128i *)from));
  }
  return v;
}

/// Sixteen bytes of each row, from some offset on.
static inline __attribute__((always_inline)) sixteen_bytes sixteen_at(
    tile_source rows, size_t offset) {
  const __m512i a = quarters_at(rows, 0, offset), b = quarters_at(rows, 1, offset);
  const __m512i c = quarters_at(rows, 2, offset), d = quarters_at(rows, 3, offset);
  const __m512i ab = _mm512_unpacklo_epi32(a, b), cd = _mm512_unpacklo_epi32(c, d);
  const __m512i high_ab = _mm512_unpackhi_epi32(a, b), high_cd = _mm512_unpackhi_epi32(c, d);
  return (sixteen_bytes){
      {_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd),
       _mm512_unpacklo_epi64(high_ab, high_cd), _mm512_unpackhi_epi64(high_ab, high_cd)}};
}

/// A bit pattern of the bytes that stay, after the bits of all moved down, or up.
static inline __m512i masked(__m512i bytes, int pattern) {
  return _mm512_and_si512(bytes, _mm512_set1_epi8((char)pattern));
}
static inline __attribute__((always_inline)) __m512i down(__m512i bytes, int bits, int pattern) {
  return masked(_mm512_srli_epi16(bytes, (unsigned)bits), pattern);
}
static inline __attribute__((always_inline)) __m512i up(__m512i bytes, int bits, int pattern) {
  return masked(_mm512_slli_epi16(bytes, (unsigned)bits), pattern);
}

/// Adds 16 to four columns by the bits of a word of each row, from bit `first` on.
static inline __attribute__((always_inline)) __m512i with_bits(
    __m512i quants, __m512i words, size_t first) {
  const __m512i places = _mm512_broadcast_i32x4(_mm_add_epi8(
      _mm_set1_epi8((char)(first / 8)), _mm_set_epi32(0x0C0C0C0C, 0x08080808, 0x04040404, 0)));
  const __m512i bits = _mm512_set1_epi32(first % 8 == 0 ? 0x08040201 : (int)0x80402010);
  const __mmask64 set = _mm512_test_epi8_mask(_mm512_shuffle_epi8(words, places), bits);
  return _mm512_mask_add_epi8(quants, set, quants, _mm512_set1_epi8(16));
}

/// The binary16 numbers in the low or high halves of words.
static inline __m512 low_floats(__m512i words) {
  return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(words));
}
static inline __m512 high_floats(__m512i words) { return low_floats(_mm512_srli_epi32(words, 16)); }

/// The integers in some bits of words, times a number.
static inline __attribute__((always_inline)) __m512 scaled_bits(
    __m512i words, size_t shift, int pattern, __m512 scale) {
  const __m512i bits =
      _mm512_and_si512(_mm512_srli_epi32(words, (unsigned)shift), _mm512_set1_epi32(pattern));
  return _mm512_mul_ps(scale, _mm512_cvtepi32_ps(bits));
}

/// A block of Q4_0, Q4_1, Q5_0, Q5_1 or Q8_0.
static inline __attribute__((always_inline)) void unpack_simple(
    tk_weight_type type, tile_source rows, weight_tile *tile, size_t b) {
  const bool has_offsets = traits_of(type).has_offsets;
  const bool has_bits = type == TK_Q5_0 || type == TK_Q5_1;
  const size_t start = has_offsets ? 4 : 2;
  const sixteen_bytes head = sixteen_at(rows, 0);
  _mm512_store_ps(tile->scales[b], low_floats(head.fours[0]));
  if (has_offsets) { _mm512_store_ps(tile->offsets[b], high_floats(head.fours[0])); }
  if (type == TK_Q8_0) {
#pragma clang loop unroll(full)
    for (size_t half = 0; half < 2; half++) {
      const sixteen_bytes bytes = sixteen_at(rows, start + 16 * half);
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 4; i++) {
        _mm512_store_si512(
            tile->pieces[b][4 * half + i],
            _mm512_xor_si512(bytes.fours[i], _mm512_set1_epi8((char)0x80)));
      }
    }
    return;
  }
  // After an offset, the fifth bits are the second word.
  const __m512i words =
      has_offsets || !has_bits ? head.fours[1] : sixteen_at(rows, start).fours[0];
  const sixteen_bytes nibbles = sixteen_at(rows, start + (has_bits ? 4 : 0));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    __m512i low = masked(nibbles.fours[i], 15), high = down(nibbles.fours[i], 4, 15);
    if (has_bits) {
      low = with_bits(low, words, 4 * i);
      high = with_bits(high, words, 16 + 4 * i);
    }
    _mm512_store_si512(tile->pieces[b][i], low);
    _mm512_store_si512(tile->pieces[b][4 + i], high);
  }
}

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

/// Unpacks blocks of the rows of a tile.
static inline __attribute__((always_inline)) void unpack_rows(
    tk_weight_type type, const uint8_t *from, size_t stride, size_t block_count,
    weight_tile *tile) {
  const size_t step = blocks_stored_together(type);
  tile_source rows = {from, stride};
  for (size_t b = 0; b < block_count; b += step, rows.first += stored_byte_count(type)) {
    switch (type) {
    case TK_Q4_K:
    case TK_Q5_K: unpack_k(type, rows, tile, b); break;
    case TK_Q6_K: unpack_q6_k_rows(rows, tile, b); break;
    default: unpack_simple(type, rows, tile, b); break;
    }
  }
}
