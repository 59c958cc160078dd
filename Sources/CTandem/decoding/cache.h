// Keys and values in binary16 or binary32.

// Elements of a position's values, padded to whole vectors.
INLINE size_t padded_size(const tk_cache *cache) {
  return (cache->head_size + TK_LANES - 1) / TK_LANES * TK_LANES;
}

// A vector of a cache, `index` elements behind a place.
INLINE lanes_f load_cached(const void *from, size_t index, bool is_half) {
  return is_half ? load_halves((const uint16_t *)from + index)
                 : load_lanes_f((const float *)from + index);
}

INLINE void store_cached(lanes_f x, void *to, size_t index, bool is_half) {
  if (is_half) {
    store_halves(x, (uint16_t *)to + index);
  } else {
    store_lanes_f(x, (float *)to + index);
  }
}

// Where the keys of a group of 16 positions begin.
INLINE size_t key_index(const tk_cache *cache, size_t head, size_t position) {
  return (head * cache->position_count + position / TK_LANES * TK_LANES) * cache->head_size;
}

INLINE size_t value_index(const tk_cache *cache, size_t head, size_t position) {
  return (head * cache->position_count + position) * padded_size(cache);
}

static void store(const tk_cache *cache, const float *keys, const float *values, size_t position) {
  for (size_t head = 0; head < cache->head_count; head++) {
    const float *key = keys + head * cache->head_size;
    const float *value = values + head * cache->head_size;
    size_t to = key_index(cache, head, position) + position % TK_LANES;
    for (size_t i = 0; i < cache->head_size; i += TK_LANES) {
      size_t left = cache->head_size - i;
      lanes_f x = load_some(key + i, left);
      uint16_t halves[TK_LANES];
      store_halves(x, halves);
      for (size_t lane = 0; lane < TK_LANES && lane < left; lane++) {
        size_t index = to + (i + lane) * TK_LANES;
        if (cache->is_half) {
          ((uint16_t *)cache->keys)[index] = halves[lane];
        } else {
          ((float *)cache->keys)[index] = x[lane];
        }
      }
      store_cached(
        load_some(value + i, left), cache->values, value_index(cache, head, position) + i,
        cache->is_half);
    }
  }
}
