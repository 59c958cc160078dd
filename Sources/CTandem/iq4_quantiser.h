// The quantiser of IQ4_NL: blocks of 32 numbers whose codes stand for sixteen unevenly spaced ones,
// TK_LANES blocks at a time with a lane each.

// The nearest of the sixteen; of two as near, the larger one. The last one for NaN, as ggml has it.
static inline lanes_f nearest_iq4(lanes_f x) {
  lanes_f value = iq4_values[0];
  for (int i = 1; i < 16; i++) {
    float step = (float)(iq4_values[i] - iq4_values[i - 1]);
    value += x + x < (float)(iq4_values[i] + iq4_values[i - 1]) ? 0 : (lanes_f)step;
  }
  return value;
}

static inline lanes_f nearest_iq4_code(lanes_f x) {
  lanes_i code = 0;
  for (int i = 1; i < 16; i++) {
    code += x + x < (float)(iq4_values[i] + iq4_values[i - 1]) ? 0 : 1;
  }
  return CONVERTED(lanes_f, code);
}

static inline symmetric_sums iq4_sums(const lanes_f x[BLOCK], lanes_f factor) {
  lanes_f products = 0, squares = 0;
  for (int i = 0; i < BLOCK; i++) {
    lanes_f value = nearest_iq4(factor * x[i]), weight = x[i] * x[i];
    products += weight * value * x[i];
    squares += weight * value * value;
  }
  return (symmetric_sums){products, squares};
}

// Finds the scales: the best of sixteen that put the largest number on or near the first value.
static inline lanes_f iq4_scales(const lanes_f x[BLOCK]) {
  lanes_f largest = largest_numbers(x, BLOCK);
  lanes_f first = -largest / (float)iq4_values[0];
  symmetric_sums sums = iq4_sums(x, 1 / first);
  lanes_f scale = sums.squares > 0 ? sums.products / sums.squares : 0;
  lanes_f best = scale * sums.products;
  for (int step = -7; step <= 7; step++) {
    sums = iq4_sums(x, (float)(step + iq4_values[0]) / largest);
    lanes_i is_better =
      (sums.squares > 0) & (sums.products * sums.products > best * sums.squares);
    scale = is_better ? sums.products / sums.squares : scale;
    best = is_better ? scale * sums.products : best;
  }
  return absolute(largest) < SMALLEST_PART ? 0 : scale;
}

static inline void encode_iq4_nl_blocks(const any_float *values, uint8_t *blocks, size_t count) {
  lanes_f x[BLOCK], codes[BLOCK];
  part_lanes(values, BLOCK, x);
  lanes_f scales = iq4_scales(x);
  lanes_f factor = scales != 0 ? 1 / scales : 0;
  for (int i = 0; i < BLOCK; i++) { codes[i] = nearest_iq4_code(factor * x[i]); }
  uint8_t parts[TK_LANES * BLOCK];
  store_part_codes(codes, BLOCK, parts);
  for (size_t i = 0; i < count; i++) {
    store_half(scales[i], blocks + 18 * i);
    for (int j = 0; j < 16; j++) {
      blocks[18 * i + 2 + j] = (uint8_t)(parts[BLOCK * i + j] | parts[BLOCK * i + 16 + j] << 4);
    }
  }
}

static void encode_iq4_nl(const void *from, void *to, size_t count) {
  const any_float *values = from;
  uint8_t *blocks = to;
  size_t whole = count / TK_LANES * TK_LANES;
  for (size_t i = 0; i < whole; i += TK_LANES) {
    encode_iq4_nl_blocks(values + BLOCK * i, blocks + 18 * i, TK_LANES);
  }
  if (whole < count) {
    any_float padded[TK_LANES * BLOCK] = {0};
    memcpy(padded, values + BLOCK * whole, (count - whole) * BLOCK * sizeof *values);
    encode_iq4_nl_blocks(padded, blocks + 18 * whole, count - whole);
  }
}
