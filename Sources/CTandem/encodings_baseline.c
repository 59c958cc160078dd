#define TK_LANES 4
#define TK_TABLE tk_encodings_baseline

#include "encoding_loops.h"
