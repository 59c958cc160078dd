#include "tk_levels.h"

tk_level tk_best_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) { return TK_AVX512; }
  if (__builtin_cpu_supports("x86-64-v3")) { return TK_AVX2; }
#endif
  return TK_BASELINE;
}
