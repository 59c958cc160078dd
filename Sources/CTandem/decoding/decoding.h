// The tables of each level, for the choice among them.
#ifndef DECODING_H
#define DECODING_H

#include "tk_decoding.h"

extern const tk_decoding tk_decoding_baseline;
#if defined(__x86_64__)
extern const tk_decoding tk_decoding_avx2;
extern const tk_decoding tk_decoding_avx512;
#endif

#endif
