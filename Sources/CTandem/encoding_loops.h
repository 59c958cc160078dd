// The loops over elements, compiled once for each level: the including file says how many lanes a
// vector has (TK_LANES) and what the level's table is called (TK_TABLE).
//
// A product is never fused with a sum, so that every level gives the same bits.
#pragma STDC FP_CONTRACT OFF

#include "encodings.h"
#include "lanes.h"

#include "casts.h"
#include "measure.h"
#include "blocks.h"
#include "simple_blocks.h"
#include "k_blocks.h"
#include "grid_blocks.h"
#include "simple_quantisers.h"
#include "k_fits.h"
#include "k_quantisers.h"
#include "iq4_quantiser.h"

#define DECODER(type) .decode_##type = decode_##type,
#define ENCODER(type) .encode_##type = encode_##type,

const tk_encodings TK_TABLE = {
  TK_DECODED_TYPES(DECODER)
  TK_ENCODED_TYPES(ENCODER)
  .measure = measure,
};
