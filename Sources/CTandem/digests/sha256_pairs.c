#include "tk_sha256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))
#define LANES 2
#define BLOCK 64

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/// A message's words a to h, in the order in which the instructions take them, first word highest.
typedef struct {
  __m128i abef, cdgh;
} state;

bool tk_can_hash_pairs(void) {
  unsigned a, b, c, d;
  __builtin_cpu_init();
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 29) && __builtin_cpu_supports("sse4.1");
}

/// The next four words of the message schedule from the last sixteen.
WITH_SHA static inline __m128i next_words(__m128i w0, __m128i w4, __m128i w8, __m128i w12) {
  __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
  return _mm_sha256msg2_epu32(sum, w12);
}

WITH_SHA static void compress(state states[LANES], const uint8_t *const messages[LANES], size_t block_count) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  state now[LANES] = {states[0], states[1]};
  for (size_t block = 0; block < block_count; block++) {
    const state before[LANES] = {now[0], now[1]};
    __m128i words[LANES][4];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
      const __m128i constants = _mm_load_si128((const __m128i *)(round_constants + 4 * i));
#pragma GCC unroll 2
      for (int lane = 0; lane < LANES; lane++) {
        __m128i *const w = words[lane];
        const uint8_t *const source = messages[lane] + BLOCK * block;
        w[i % 4] = i < 4 ? _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)source + i), big_endian)
                         : next_words(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
        const __m128i sum = _mm_add_epi32(w[i % 4], constants);
        now[lane].cdgh = _mm_sha256rnds2_epu32(now[lane].cdgh, now[lane].abef, sum);
        now[lane].abef = _mm_sha256rnds2_epu32(now[lane].abef, now[lane].cdgh, _mm_shuffle_epi32(sum, 0x0e));
      }
    }
#pragma GCC unroll 2
    for (int lane = 0; lane < LANES; lane++) {
      now[lane].abef = _mm_add_epi32(now[lane].abef, before[lane].abef);
      now[lane].cdgh = _mm_add_epi32(now[lane].cdgh, before[lane].cdgh);
    }
  }
  states[0] = now[0];
  states[1] = now[1];
}

WITH_SHA static void store(state from, uint8_t *digest) {
  const __m128i big_endian = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  const __m128i abcd = _mm_unpackhi_epi64(from.cdgh, from.abef), efgh = _mm_unpacklo_epi64(from.cdgh, from.abef);
  _mm_storeu_si128((__m128i *)digest, _mm_shuffle_epi8(abcd, big_endian));
  _mm_storeu_si128((__m128i *)digest + 1, _mm_shuffle_epi8(efgh, big_endian));
}

WITH_SHA void tk_sha256_pair(const void *first, const void *second, size_t byte_count, uint8_t *digests) {
  const state start = {_mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
                       _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19)};
  state states[LANES] = {start, start};
  const uint8_t *const messages[LANES] = {first, second};
  const size_t whole = byte_count / BLOCK, rest = byte_count % BLOCK;
  compress(states, messages, whole);
  // A one behind the message, then zeros, then its number of bits: one block if they fit, else two.
  const size_t end_count = rest + 9 <= BLOCK ? 1 : 2;
  uint8_t ends[LANES][2 * BLOCK] = {{0}};
  const uint64_t bits = __builtin_bswap64((uint64_t)byte_count * 8);
  for (int lane = 0; lane < LANES; lane++) {
    memcpy(ends[lane], messages[lane] + whole * BLOCK, rest);
    ends[lane][rest] = 0x80;
    memcpy(ends[lane] + end_count * BLOCK - sizeof bits, &bits, sizeof bits);
  }
  compress(states, (const uint8_t *const[LANES]){ends[0], ends[1]}, end_count);
  store(states[0], digests);
  store(states[1], digests + 32);
}

#else

bool tk_can_hash_pairs(void) { return false; }

void tk_sha256_pair(const void *first, const void *second, size_t byte_count, uint8_t *digests) { __builtin_trap(); }

#endif
