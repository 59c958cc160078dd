// The loops of a decoder beside its products, compiled once for each level: the including file says
// what the level's table is called (TK_TABLE) and whether the processor converts binary16
// (TK_HAS_F16C).
//
// Every level computes in vectors of 16 lanes and never fuses a product with a sum, so that all
// give the same bits.
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpsabi"

#define TK_LANES 16

#include "decoding.h"
#include "../fetch_line.h"
#include "../lanes.h"

#include "arithmetic.h"
#include "elementwise.h"
#include "cache.h"
#include "attention.h"

const tk_decoding TK_TABLE = {
  .rms_norm = rms_norm,
  .layer_norm = layer_norm,
  .add = add,
  .swiglu = swiglu,
  .gelu = gelu,
  .multiply = multiply,
  .cap = cap,
  .rotate = rotate,
  .store = store,
  .attend = attend,
};
