#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)

#define TK_HAS_F16C
#define TK_TABLE tk_decoding_avx2

#include "decoding_loops.h"

#pragma clang attribute pop
#endif
