// Products of quantised weights with few tokens, which read weights faster than tiles are unpacked.
//
// The blocks of consecutive rows follow each other without a gap: they are taken as one stream,
// sixteen at a time, each in a lane of its own. What each adds to its row is stored, and at the end
// of a tile of rows added up in the order of the law.

/// Blocks of the stream that are computed together.
enum { STREAMED = 16 };

/// More blocks than this, of all tokens together, are left to the tiles.
enum { MAXIMUM_STREAMED_BLOCKS = 1024 };

/// Sixteen blocks of a token's activations.
typedef struct streamed_activations {
  /// Of four blocks the first 16 columns, then the last 16.
  int8_t quants[4][2][4][16];
  float scales[STREAMED], scaled_sums[STREAMED];
  int32_t sums[STREAMED], half_sums[STREAMED];
} streamed_activations;

/// Sixteen blocks of weights: scale * half_scale * (quant - bias) + offset.
typedef struct streamed_weights {
  /// As those of the activations: four blocks, then halves of a block.
  __m512i quants[4][2];
  __m512 scales, offsets;
  /// Only of Q6_K.
  __m512 half_scales[2];
} streamed_weights;

static inline bool is_streamed(const tk_activations *activations) {
  const size_t block_count = activations->column_count / BLOCK * activations->token_count;
  return activations->form == TK_ACTIVATIONS_INT8 &&
         activations->token_count <= MAXIMUM_STREAMED_TOKENS &&
         block_count <= MAXIMUM_STREAMED_BLOCKS;
}

/// After how many blocks a row begins on the first lane again, in sixteens: a token's activations
/// are repeated until then.
static inline size_t stream_period(size_t block_count) {
  size_t rows = 1;
  while (rows * block_count % STREAMED != 0) { rows *= 2; }
  return rows * block_count / STREAMED;
}

static inline void convert_streamed_token(
    const float *input, size_t block_count, size_t period, streamed_activations *groups) {
  for (size_t b = 0; b < block_count; b++) {
    const small_block block = quantised(input + b * BLOCK);
    const int32_t first = sum_of(block.halves[0]), sum = first + sum_of(block.halves[1]);
    for (size_t at = b; at < period * STREAMED; at += block_count) {
      streamed_activations *to = groups + at / STREAMED;
      const size_t lane = at % STREAMED;
      store_signed16(block.halves[0], to->quants[lane / 4][0][lane % 4]);
      store_signed16(block.halves[1], to->quants[lane / 4][1][lane % 4]);
      to->scales[lane] = block.scale;
      to->scaled_sums[lane] = block.scale * (float)sum;
      to->sums[lane] = sum;
      to->half_sums[lane] = first;
    }
  }
}

static inline void convert_streams(const tk_activations *activations) {
  const size_t columns = activations->column_count, period = stream_period(columns / BLOCK);
  for (size_t token = 0; token < activations->token_count; token++) {
    convert_streamed_token(
        activations->input + token * columns, columns / BLOCK, period,
        (streamed_activations *)activations->converted + token * period);
  }
}

/// Words of four blocks, which two vectors hold: those that begin with word `first` of them and
/// with word `second`.
typedef struct four_blocks {
  __m512i low, high;
  size_t first, second, stride;
} four_blocks;

static inline __attribute__((always_inline)) four_blocks four_blocks_at(
    const uint8_t *from, size_t stride, size_t first, size_t second) {
  return (four_blocks){
      _mm512_loadu_si512(from + 2 * first), _mm512_loadu_si512(from + 2 * second), first, second,
      stride};
}

/// For each block, 8 words from word `start` on.
static inline __attribute__((always_inline)) __m512i words_of(four_blocks blocks, size_t start) {
  shorts32 places;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 32; i++) {
    const size_t word = i / 8 * blocks.stride + start + i % 8;
    places[i] = (int16_t)(
        word < blocks.first + 32 ? word - blocks.first : 32 + word - blocks.second);
  }
  return _mm512_permutex2var_epi16(blocks.low, (__m512i)places, blocks.high);
}

/// Puts the scales of the four blocks with some number into their lanes, and 16 lanes above each
/// scale the word that follows it.
static inline __attribute__((always_inline)) __m512i with_scales(
    __m512i scales, four_blocks blocks, size_t number) {
  shorts32 places = {0};
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    for (size_t j = 0; j < 2; j++) {
      const size_t word = i * blocks.stride + j;
      places[16 * j + 4 * number + i] = (int16_t)(
          word < blocks.first + 32 ? word - blocks.first : 32 + word - blocks.second);
    }
  }
  return _mm512_mask_blend_epi16(
      0x000F000Fu << 4 * number, scales,
      _mm512_permutex2var_epi16(blocks.low, (__m512i)places, blocks.high));
}

static inline __m512i low_nibbles(__m512i bytes) {
  return _mm512_and_si512(bytes, _mm512_set1_epi8(15));
}

static inline __m512i high_nibbles(__m512i bytes) {
  return low_nibbles(_mm512_srli_epi16(bytes, 4));
}

/// Adds 16 to numbers by bits of the first 4 bytes of each quarter: from `byte` on.
static inline __attribute__((always_inline)) __m512i with_fifth_bits(
    __m512i quants, __m512i bits, int byte) {
  const __m512i spread = _mm512_shuffle_epi8(
      bits, _mm512_broadcast_i32x4(_mm_set_epi64x(
                0x0101010101010101 * (byte + 1), 0x0101010101010101 * byte)));
  const __mmask64 set =
      _mm512_test_epi8_mask(spread, _mm512_set1_epi64((int64_t)0x8040201008040201));
  return _mm512_mask_add_epi8(quants, set, quants, _mm512_set1_epi8(16));
}

/// Sixteen blocks of a type with a binary16 scale in front, then perhaps an offset, then perhaps
/// fifth bits.
static inline __attribute__((always_inline)) streamed_weights simple_weights(
    tk_weight_type type, const uint8_t *from) {
  const bool is_byte = type == TK_Q8_0, has_bits = type == TK_Q5_0 || type == TK_Q5_1;
  const size_t start = traits_of(type).has_offsets ? 2 : 1, bits = has_bits ? 2 : 0;
  const size_t stride = start + bits + (is_byte ? 16 : 8);
  streamed_weights w;
  __m512i scales = _mm512_setzero_si512();
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++, from += 8 * stride) {
    const four_blocks blocks = four_blocks_at(from, stride, 0, is_byte ? 32 : 4 * stride - 32);
    scales = with_scales(scales, blocks, i);
    const __m512i quants = words_of(blocks, start + bits);
    if (is_byte) {
      const __m512i sign = _mm512_set1_epi8((char)0x80);
      const four_blocks rest = four_blocks_at(from, stride, 4, 36);
      w.quants[i][0] = _mm512_xor_si512(quants, sign);
      w.quants[i][1] = _mm512_xor_si512(words_of(rest, 9), sign);
      continue;
    }
    w.quants[i][0] = low_nibbles(quants);
    w.quants[i][1] = high_nibbles(quants);
    if (has_bits) {
      const __m512i fifth = words_of(blocks, start);
      w.quants[i][0] = with_fifth_bits(w.quants[i][0], fifth, 0);
      w.quants[i][1] = with_fifth_bits(w.quants[i][1], fifth, 2);
    }
  }
  w.scales = _mm512_cvtph_ps(_mm512_castsi512_si256(scales));
  w.offsets = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(scales, 1));
  return w;
}

/// 16 bytes four times, each shifted right by another number of bits.
static inline __m512i shifted(__m128i bytes, __m512i shifts) {
  return _mm512_srlv_epi64(_mm512_broadcast_i32x4(bytes), shifts);
}

/// The numbers of shifts, each for 16 bytes.
static inline __m512i shifts_of(int a, int b, int c, int d) {
  return _mm512_set_epi64(d, d, c, c, b, b, a, a);
}

static inline __m512i pair_of(const uint8_t *left, const uint8_t *right, bool is_alternating) {
  const __m256i first = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)left));
  const __m256i second = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)right));
  const __m512i both = _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
  return is_alternating ? _mm512_shuffle_i32x4(both, both, 0x88) : both;
}

/// A number for each of the two super-blocks' eight blocks.
static inline __m512 of_supers(float first, float second) {
  return _mm512_mask_blend_ps(0xFF00, _mm512_set1_ps(first), _mm512_set1_ps(second));
}

static inline __m512 floats_of_bytes(__m128i bytes) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
}

/// The scales and offsets of two super-blocks of Q4_K or Q5_K, as `unpack_scales_k` has them.
static inline __attribute__((always_inline)) void stream_scales_k(
    const uint8_t *left, const uint8_t *right, streamed_weights *w) {
  const __m256i bytes = _mm256_loadu2_m128i((const __m128i *)right, (const __m128i *)left);
  // Of eight scales, then of eight offsets: the low bits, and the bytes whose upper two bits are
  // the high bits of the last four.
  const __m256i low = _mm256_shuffle_epi8(
      bytes, _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0F0E0D0C0B0A0908, 0x0F0E0D0C07060504)));
  const __m256i high = _mm256_shuffle_epi8(
      bytes,
      _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0B0A0908FFFFFFFF, 0x07060504FFFFFFFF)));
  const __m256i places = _mm256_blend_epi32(low, _mm256_srli_epi16(low, 4), 0x88);
  const __m256i kept = _mm256_set1_epi64x(0x0F0F0F0F3F3F3F3F);
  const __m256i integers = _mm256_permute4x64_epi64(
      _mm256_or_si256(
          _mm256_and_si256(places, kept),
          _mm256_and_si256(_mm256_srli_epi16(high, 2), _mm256_set1_epi8(0x30))),
      0xD8);
  w->scales = _mm512_mul_ps(
      floats_of_bytes(_mm256_castsi256_si128(integers)),
      of_supers(float_of_half(load_u16(left)), float_of_half(load_u16(right))));
  w->offsets = _mm512_mul_ps(
      floats_of_bytes(_mm256_extracti128_si256(integers, 1)),
      of_supers(-float_of_half(load_u16(left + 2)), -float_of_half(load_u16(right + 2))));
}

/// Two super-blocks of Q4_K, Q5_K.
static inline __attribute__((always_inline)) streamed_weights k_weights(
    tk_weight_type type, const uint8_t *from) {
  const bool has_bits = type == TK_Q5_K;
  const __m512i fifth = _mm512_set1_epi8(16);
  const size_t byte_count = has_bits ? 176 : 144;
  streamed_weights w;
  stream_scales_k(from, from + byte_count, &w);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    const uint8_t *super = from + i / 2 * byte_count;
    const uint8_t *nibbles = super + (has_bits ? 48 : 16) + i % 2 * 64;
#pragma clang loop unroll(full)
    for (size_t half = 0; half < 2; half++) {
      const uint8_t *left = nibbles + 16 * half;
      const __m512i bytes = pair_of(left, left + 32, false);
      __m512i quants = low_nibbles(_mm512_srlv_epi64(bytes, shifts_of(0, 4, 0, 4)));
      if (has_bits) {
        // Bits 0 to 3 are moved up to bit 4, bits 4 to 7 down to it.
        const __m128i bits = _mm_loadu_si128((const __m128i *)(super + 16 + 16 * half));
        const __m512i moved = i % 2 == 0
            ? _mm512_sllv_epi64(_mm512_broadcast_i32x4(bits), shifts_of(4, 3, 2, 1))
            : shifted(bits, shifts_of(0, 1, 2, 3));
        quants = _mm512_or_si512(quants, _mm512_and_si512(moved, fifth));
      }
      w.quants[i][half] = quants;
    }
  }
  return w;
}

/// Two super-blocks of Q6_K.
static inline __attribute__((always_inline)) streamed_weights q6_k_weights(const uint8_t *from) {
  const __m512i high = _mm512_set1_epi8(0x30);
  streamed_weights w;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    const uint8_t *super = from + i / 2 * 210;
#pragma clang loop unroll(full)
    for (size_t half = 0; half < 2; half++) {
      const uint8_t *left = super + i % 2 * 64 + 16 * half;
      const __m512i bytes = pair_of(left, left + 32, true);
      const __m512i nibbles = low_nibbles(_mm512_srlv_epi64(bytes, shifts_of(0, 0, 4, 4)));
      const __m512i bits = _mm512_broadcast_i32x4(
          _mm_loadu_si128((const __m128i *)(super + 128 + i % 2 * 32 + 16 * half)));
      const __m512i moved = _mm512_rolv_epi64(bits, shifts_of(4, 2, 0, 62));
      w.quants[i][half] = _mm512_or_si512(nibbles, _mm512_and_si512(moved, high));
    }
  }
  const __m128i left = _mm_loadu_si128((const __m128i *)(from + 192));
  const __m128i right = _mm_loadu_si128((const __m128i *)(from + 402));
  // Even bytes, then odd ones.
  const __m128i order = _mm_set_epi64x(0x0F0D0B0907050301, 0x0E0C0A0806040200);
  const __m128i l = _mm_shuffle_epi8(left, order), r = _mm_shuffle_epi8(right, order);
  w.half_scales[0] = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_unpacklo_epi64(l, r)));
  w.half_scales[1] = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_unpackhi_epi64(l, r)));
  w.scales = of_supers(float_of_half(load_u16(from + 208)), float_of_half(load_u16(from + 418)));
  return w;
}

static inline __attribute__((always_inline)) streamed_weights streamed_weights_at(
    tk_weight_type type, const uint8_t *from) {
  switch (type) {
  case TK_Q4_K:
  case TK_Q5_K: return k_weights(type, from);
  case TK_Q6_K: return q6_k_weights(from);
  default: return simple_weights(type, from);
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

/// The exact sums of sixteen blocks, from vectors with four lanes of each of four.
static inline __m512i sums_of_blocks(const __m512i v[4]) {
  const __m512i blocks =
      _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  return _mm512_permutexvar_epi32(blocks, fourfold(v[0], v[1], v[2], v[3]));
}

/// What sixteen blocks add to their rows' products with a token.
static inline __attribute__((always_inline)) __m512 streamed_terms(
    block_traits traits, streamed_weights w, const streamed_activations *x) {
  const __m512i zero = _mm512_setzero_si512();
  __m512i first[4], second[4];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    first[i] = _mm512_dpbusd_epi32(zero, w.quants[i][0], _mm512_load_si512(x->quants[i][0]));
    second[i] = _mm512_dpbusd_epi32(
        traits.has_halves ? zero : first[i], w.quants[i][1], _mm512_load_si512(x->quants[i][1]));
  }
  const __m512i bias = _mm512_set1_epi32(traits.bias), sums = _mm512_load_si512(x->sums);
  __m512 product;
  if (traits.has_halves) {
    const __m512i halves = _mm512_load_si512(x->half_sums);
    const __m512i left =
        _mm512_sub_epi32(sums_of_blocks(first), _mm512_mullo_epi32(bias, halves));
    const __m512i right = _mm512_sub_epi32(
        sums_of_blocks(second), _mm512_mullo_epi32(bias, _mm512_sub_epi32(sums, halves)));
    product = _mm512_add_ps(
        _mm512_mul_ps(_mm512_cvtepi32_ps(left), w.half_scales[0]),
        _mm512_mul_ps(_mm512_cvtepi32_ps(right), w.half_scales[1]));
  } else {
    product = _mm512_cvtepi32_ps(
        _mm512_sub_epi32(sums_of_blocks(second), _mm512_mullo_epi32(bias, sums)));
  }
  const __m512 term =
      _mm512_mul_ps(product, _mm512_mul_ps(w.scales, _mm512_load_ps(x->scales)));
  return traits.has_offsets
      ? _mm512_add_ps(term, _mm512_mul_ps(w.offsets, _mm512_load_ps(x->scaled_sums)))
      : term;
}

/// Four numbers of each of four rows, four rows apart.
static inline __m512 quarters_of(const float *from, size_t stride) {
  __m512 quarters = _mm512_castps128_ps512(_mm_loadu_ps(from));
  quarters = _mm512_insertf32x4(quarters, _mm_loadu_ps(from + 4 * stride), 1);
  quarters = _mm512_insertf32x4(quarters, _mm_loadu_ps(from + 8 * stride), 2);
  return _mm512_insertf32x4(quarters, _mm_loadu_ps(from + 12 * stride), 3);
}

/// The sums of the terms of sixteen rows, each in ascending order.
static inline __m512 sums_of_terms(const float *terms, size_t block_count) {
  __m512 sums = _mm512_setzero_ps();
  for (size_t b = 0; b < block_count; b += 4, terms += 4) {
    __m512d pairs[4];
    for (int i = 0; i < 2; i++) {
      const __m512 even = quarters_of(terms + 2 * (size_t)i * block_count, block_count);
      const __m512 odd = quarters_of(terms + (2 * (size_t)i + 1) * block_count, block_count);
      pairs[i] = (__m512d)_mm512_unpacklo_ps(even, odd);
      pairs[2 + i] = (__m512d)_mm512_unpackhi_ps(even, odd);
    }
    sums = _mm512_add_ps(sums, (__m512)_mm512_unpacklo_pd(pairs[0], pairs[1]));
    if (b + 1 < block_count) {
      sums = _mm512_add_ps(sums, (__m512)_mm512_unpackhi_pd(pairs[0], pairs[1]));
    }
    if (b + 2 < block_count) {
      sums = _mm512_add_ps(sums, (__m512)_mm512_unpacklo_pd(pairs[2], pairs[3]));
    }
    if (b + 3 < block_count) {
      sums = _mm512_add_ps(sums, (__m512)_mm512_unpackhi_pd(pairs[2], pairs[3]));
    }
  }
  return sums;
}

/// Few tokens that meet a tile of rows.
typedef struct stream {
  size_t token_count;
  /// Sixteens of blocks of a token.
  const streamed_activations *x;
  size_t period;
  /// Of a token, (row, block); `term_count` from one to the next.
  float *terms;
  size_t term_count;
} stream;

/// Computes the terms of sixteen blocks.
static inline __attribute__((always_inline)) void stream_group(
    tk_weight_type type, const uint8_t *from, const stream *to, size_t group, size_t phase) {
  const streamed_weights w = streamed_weights_at(type, from);
  for (size_t token = 0; token < to->token_count; token++) {
    _mm512_store_ps(
        to->terms + token * to->term_count + group * STREAMED,
        streamed_terms(traits_of(type), w, to->x + token * to->period + phase));
  }
}

/// Computes the terms of consecutive rows, of `block_count` blocks in all.
static inline __attribute__((always_inline)) void stream_rows(
    tk_weight_type type, const uint8_t *from, size_t byte_count, size_t block_count,
    const stream *to) {
  const size_t group_count = block_count / STREAMED, step = byte_count * STREAMED / block_count;
  size_t phase = 0;
  for (size_t group = 0; group < group_count; group++, from += step) {
    for (size_t line = 0; line < step; line += 64) {
      fetch_line(from + FETCH_DISTANCE + line);
    }
    stream_group(type, from, to, group, phase);
    phase = phase + 1 == to->period ? 0 : phase + 1;
  }
  if (block_count % STREAMED > 0) {
    uint8_t rest[STREAMED * 34] = {0};
    memcpy(rest, from, byte_count - group_count * step);
    stream_group(type, rest, to, group_count, phase);
  }
}

static inline __attribute__((always_inline)) void multiply_streams(
    tk_weight_type type, size_t token_count, const tk_product *product, size_t first_row,
    size_t end_row) {
  const tk_activations *activations = product->activations;
  const size_t block_count = activations->column_count / BLOCK;
  // Behind a token's terms is room for those that are loaded with its last one.
  _Alignas(64) float
      terms[TILE * MAXIMUM_STREAMED_BLOCKS + STREAMED * MAXIMUM_STREAMED_TOKENS];
  const stream to = {
      token_count, activations->converted, stream_period(block_count), terms,
      TILE * block_count + STREAMED};
  // Rows that are missing have terms, too.
  memset(terms, 0, to.token_count * to.term_count * sizeof terms[0]);
  for (size_t row = first_row; row < end_row; row += TILE) {
    const size_t row_count = smaller(TILE, end_row - row);
    const __mmask16 stored = (__mmask16)((1u << row_count) - 1);
    stream_rows(
        type, (const uint8_t *)product->weights + row * product->row_byte_count,
        row_count * product->row_byte_count, row_count * block_count, &to);
    for (size_t token = 0; token < to.token_count; token++) {
      float *output = product->output + token * product->output_stride + row;
      const __m512 sums = sums_of_terms(terms + token * to.term_count, block_count);
      const __m512 old =
          product->adds ? _mm512_maskz_loadu_ps(stored, output) : _mm512_setzero_ps();
      _mm512_mask_storeu_ps(output, stored, _mm512_add_ps(old, sums));
    }
  }
}

#define DEFINE_STREAM(type) \
  static void stream_##type(const tk_product *product, size_t first_row, size_t end_row) { \
    const size_t token_count = product->activations->token_count; \
    if (token_count == 1) { \
      multiply_streams(type, 1, product, first_row, end_row); \
    } else { \
      multiply_streams(type, token_count, product, first_row, end_row); \
    } \
  }
BLOCK_TYPES(DEFINE_STREAM)
#undef DEFINE_STREAM

static void multiply_few_tokens(const tk_product *product, size_t first_row, size_t end_row) {
  switch (product->type) {
#define CASE(type) \
  case type: return stream_##type(product, first_row, end_row);
    BLOCK_TYPES(CASE)
#undef CASE
  default: return;
  }
}
