// What products of floating-point weights need to know of AVX-512.

#define FLOAT_TOKENS 4
#define FLOAT_TOKEN_CASES CASE(1) CASE(2) CASE(3) CASE(4)

#include "product_lanes.h"

static inline floats16 fused(floats16 w, floats16 x, floats16 sum) {
  return _mm512_fmadd_ps(w, x, sum);
}

static inline floats16 floats_of_halves(const void *from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(from));
}

#if defined(HAS_BF16)
static inline floats16 added_pairs(floats16 sum, floats16 w, floats16 x) {
  return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
}
#endif

#include "product_floats.h"
