// Stores the sums of a tile's rows, sums[row * lanes + token], one by one.

static inline void store_tile(
    size_t lanes, const float *sums, float *output, size_t stride, size_t row_count,
    size_t token_count, bool adds) {
  for (size_t token = 0; token < token_count; token++) {
    float *to = output + token * stride;
    for (size_t row = 0; row < row_count; row++) {
      to[row] = (adds ? to[row] : 0) + sums[row * lanes + token];
    }
  }
}
