#define TK_TABLE tk_decoding_baseline

#include "decoding_loops.h"
