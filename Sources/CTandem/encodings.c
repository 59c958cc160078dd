#include "encodings.h"

const tk_encodings *tk_encodings_for(tk_level level) {
#if defined(__x86_64__)
  if (level == TK_AVX512) { return &tk_encodings_avx512; }
  if (level == TK_AVX2) { return &tk_encodings_avx2; }
#endif
  (void)level;
  return &tk_encodings_baseline;
}
