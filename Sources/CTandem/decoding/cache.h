// Keys and values in binary16 or binary32.

// Elements of a position's values, padded to whole vectors.
INLINE size_t padded_size(const tk_cache *cache) {
  return (cache->head_size + TK_LANES - 1) / TK_LANES * TK_LANES;
}

INLINE const void *cached_at(const tk_cache *cache, const void *from, size_t index) {
  return (const uint8_t *)from + index * (cache->is_half ? sizeof(uint16_t) : sizeof(float));
}

// A multiple of TK_LANES elements of a cache in binary32: where they are, or what they are
// converted to. Meanwhile as many are fetched of those that come `next`.
INLINE const float *read_cached(
    const tk_cache *cache, const void *from, size_t count, const void *next, float *converted) {
  if (!cache->is_half) { return from; }
  for (size_t i = 0; i < count; i += 2 * TK_LANES) {
    fetch_line((const uint16_t *)next + i);
    for (size_t half = i; half < i + 2 * TK_LANES && half < count; half += TK_LANES) {
      store_lanes_f(load_halves((const uint16_t *)from + half), converted + half);
    }
  }
  return converted;
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
