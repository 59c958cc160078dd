#include "decoding.h"

const tk_decoding *tk_decoding_for(tk_level level) {
#if defined(__x86_64__)
  if (level == TK_AVX512) { return &tk_decoding_avx512; }
  if (level == TK_AVX2) { return &tk_decoding_avx2; }
#endif
  (void)level;
  return &tk_decoding_baseline;
}
