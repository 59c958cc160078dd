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

/// Thirty-two bytes of each row, two rows in a vector: rows 4i and 4i + 2 in vector 2i, rows 4i + 1
/// and 4i + 3 in the next one.
typedef struct paired_rows {
  __m512i pairs[8];
} paired_rows;

static inline __attribute__((always_inline)) paired_rows pairs_at(
    tile_source rows, size_t offset) {
  paired_rows v;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 8; i++) {
    const uint8_t *from = rows.first + (i / 2 * 4 + i % 2) * rows.stride + offset;
    const __m256i first = _mm256_loadu_si256((const __m256i *)from);
    const __m256i second = _mm256_loadu_si256((const __m256i *)(from + 2 * rows.stride));
    v.pairs[i] =
        _mm512_mask_broadcast_i64x4(_mm512_castsi256_si512(first), 0xF0, second);
  }
  return v;
}

/// Sixteen bytes of each row, from some 16-bit word of the pairs on.
static inline __attribute__((always_inline)) sixteen_bytes sixteen_of(
    paired_rows v, size_t word) {
  shorts32 places;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 32; i++) {
    // Quarter i / 8 takes four bytes each of rows 0 to 3.
    const size_t row = i % 8 / 2;
    places[i] = (int16_t)(row % 2 * 32 + row / 2 * 16 + word + i / 8 * 2 + i % 2);
  }
  __m512i fours[4];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    fours[i] = _mm512_permutex2var_epi16(v.pairs[2 * i], (__m512i)places, v.pairs[2 * i + 1]);
  }
  // Transposes the quarters.
  const __m512i even = _mm512_shuffle_i32x4(fours[0], fours[1], 0x88);
  const __m512i odd = _mm512_shuffle_i32x4(fours[0], fours[1], 0xDD);
  const __m512i high_even = _mm512_shuffle_i32x4(fours[2], fours[3], 0x88);
  const __m512i high_odd = _mm512_shuffle_i32x4(fours[2], fours[3], 0xDD);
  return (sixteen_bytes){
      {_mm512_shuffle_i32x4(even, high_even, 0x88), _mm512_shuffle_i32x4(odd, high_odd, 0x88),
       _mm512_shuffle_i32x4(even, high_even, 0xDD), _mm512_shuffle_i32x4(odd, high_odd, 0xDD)}};
}

/// Two 16-bit words of each row: all of the first, then all of the second.
static inline __attribute__((always_inline)) __m512i words_of_rows(paired_rows v, size_t word) {
  shorts32 places;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 32; i++) {
    const size_t row = i % 4;
    places[i] = (int16_t)(row % 2 * 32 + row / 2 * 16 + word + i / 16);
  }
  __m512i words[4];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    words[i] = _mm512_permutex2var_epi16(v.pairs[2 * i], (__m512i)places, v.pairs[2 * i + 1]);
  }
  return _mm512_mask_blend_epi64(
      0xCC, _mm512_mask_blend_epi64(0x22, words[0], words[1]),
      _mm512_mask_blend_epi64(0x88, words[2], words[3]));
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

/// A block of Q8_0.
static inline __attribute__((always_inline)) tile_block unpacked_q8_0(tile_source rows) {
  tile_block w = {.scale = low_floats(sixteen_at(rows, 0).fours[0])};
#pragma clang loop unroll(full)
  for (size_t half = 0; half < 2; half++) {
    const sixteen_bytes bytes = sixteen_at(rows, 2 + 16 * half);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) {
      w.pieces[4 * half + i] = _mm512_xor_si512(bytes.fours[i], _mm512_set1_epi8((char)0x80));
    }
  }
  return w;
}

/// A block of Q4_0, Q4_1, Q5_0 or Q5_1: a scale, perhaps an offset, perhaps fifth bits, nibbles.
static inline __attribute__((always_inline)) tile_block unpacked_simple(
    tk_weight_type type, tile_source rows) {
  const bool has_offsets = traits_of(type).has_offsets;
  const bool has_bits = type == TK_Q5_0 || type == TK_Q5_1;
  const size_t start = has_offsets ? 2 : 1;
  const paired_rows pairs = pairs_at(rows, 0);
  const __m512i numbers = words_of_rows(pairs, 0);
  tile_block w = {.scale = _mm512_cvtph_ps(_mm512_castsi512_si256(numbers))};
  if (has_offsets) { w.offset = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(numbers, 1)); }
  const __m512i words = has_bits ? sixteen_of(pairs, start).fours[0] : numbers;
  const sixteen_bytes nibbles = sixteen_of(pairs, start + (has_bits ? 2 : 0));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    __m512i low = masked(nibbles.fours[i], 15), high = down(nibbles.fours[i], 4, 15);
    if (has_bits) {
      low = with_bits(low, words, 4 * i);
      high = with_bits(high, words, 16 + 4 * i);
    }
    w.pieces[i] = low;
    w.pieces[4 + i] = high;
  }
  return w;
}

#include "product_supers_avx512.h"

/// Calls `use(w, b)` with each of the blocks that are stored together, in ascending order.
#define FOR_EACH_BLOCK(type, rows, use) \
  if (blocks_stored_together(type) == 1) { \
    const tile_block w = type == TK_Q8_0 ? unpacked_q8_0(rows) : unpacked_simple(type, rows); \
    use(w, 0); \
  } else if (type == TK_Q6_K) { \
    super_numbers numbers; \
    unpack_numbers_q6_k(rows, &numbers); \
    for (size_t half = 0; half < 2; half++) { \
      const half_super v = half_super_at(rows, half); \
      _Pragma("clang loop unroll(full)") for (size_t quarter = 0; quarter < 4; quarter++) { \
        const tile_block w = unpacked_quarter(&v, &numbers, half, quarter); \
        use(w, 4 * half + quarter); \
      } \
    } \
  } else { \
    super_numbers numbers; \
    unpack_numbers_k(rows, &numbers); \
    sixteen_bytes fifths[2]; \
    if (type == TK_Q5_K) { \
      fifths[0] = sixteen_at(rows, 16); \
      fifths[1] = sixteen_at(rows, 32); \
    } \
    for (size_t pair = 0; pair < 4; pair++) { \
      const block_pair w = unpacked_pair(type, rows, &numbers, fifths, pair); \
      use(w.low, 2 * pair); \
      use(w.high, 2 * pair + 1); \
    } \
  }

/// Unpacks blocks of the rows of a tile.
static inline __attribute__((always_inline)) void unpack_rows(
    tk_weight_type type, const uint8_t *from, size_t stride, size_t block_count,
    weight_tile *tile) {
  const size_t step = blocks_stored_together(type);
  tile_source rows = {from, stride};
  for (size_t b = 0; b < block_count; b += step, rows.first += stored_byte_count(type)) {
#define STORE(w, at) store_block(traits_of(type), &w, tile, b + (at))
    FOR_EACH_BLOCK(type, rows, STORE)
#undef STORE
  }
}
