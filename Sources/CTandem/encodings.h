// The tables of each level, for the choice among them.
#ifndef ENCODINGS_H
#define ENCODINGS_H

#include "tk_encodings.h"

extern const tk_encodings tk_encodings_baseline;
#if defined(__x86_64__)
extern const tk_encodings tk_encodings_avx2;
extern const tk_encodings tk_encodings_avx512;
#endif

#endif
