// Attention of one head of one token:
//   output = sum over j of softmax(scale · query · key[j]) · value[j]
//
// Positions are taken in groups whose borders depend on nothing but the position, with the largest
// score so far as the softmax's reference: Milakov & Gimelshein, "Online normalizer calculation for
// softmax" (arXiv:1805.02867). So a result does not depend on how many tokens are in the block.

enum { VECTORS = TK_POSITION_GROUP / TK_LANES, VALUE_VECTORS = TK_MAXIMUM_HEAD_SIZE / TK_LANES };

typedef struct softmax {
  float largest, total;
  float weights[TK_POSITION_GROUP];
} softmax;

// The scores of a group of positions, each a sum over the elements in ascending order.
INLINE void score_group(
    const tk_attention *attention, const float *query, size_t head, size_t start, bool is_half,
    lanes_f scores[VECTORS]) {
  const tk_cache *cache = &attention->cache;
  size_t keys = key_index(cache, head, start), stride = cache->head_size * TK_LANES;
  for (int i = 0; i < VECTORS; i++) { scores[i] = 0; }
  for (size_t element = 0; element < cache->head_size; element++) {
    for (int i = 0; i < VECTORS; i++) {
      scores[i] += query[element]
        * load_cached(cache->keys, keys + (size_t)i * stride + element * TK_LANES, is_half);
    }
  }
  for (int i = 0; i < VECTORS; i++) { scores[i] *= attention->scale; }
  if (attention->cap > 0) {
    for (int i = 0; i < VECTORS; i++) { scores[i] = capped(scores[i], attention->cap); }
  }
}

// Turns the scores of a group into weights; those outside first...last weigh nothing. Returns what
// earlier sums must be multiplied by.
INLINE float weigh_group(
    lanes_f scores[VECTORS], size_t start, size_t first, size_t last, softmax *state) {
  lanes_i is_seen[VECTORS];
  lanes_f largest = state->largest, total = 0;
  for (int i = 0; i < VECTORS; i++) {
    lanes_u position = lane_numbers + (uint32_t)(start + (size_t)i * TK_LANES);
    is_seen[i] = (position >= (uint32_t)first) & (position <= (uint32_t)last);
    largest = (is_seen[i] & (scores[i] > largest)) ? scores[i] : largest;
  }
  float reference = largest_of(largest);
  for (int i = 0; i < VECTORS; i++) {
    lanes_f weights = is_seen[i] ? exponential(scores[i] - reference) : 0;
    store_lanes_f(weights, state->weights + i * TK_LANES);
    total += weights;
  }
  lanes_f factor = state->largest - reference;
  float rescale = state->total != 0 ? exponential(factor)[0] : 0;
  state->largest = reference;
  state->total = state->total * rescale + sum_of(total);
  return rescale;
}

INLINE void attend_head(
    const tk_attention *attention, size_t token, size_t head, size_t padded, bool is_half) {
  const tk_cache *cache = &attention->cache;
  size_t shared = head / (attention->head_count / cache->head_count);
  size_t offset = (token * attention->head_count + head) * cache->head_size;
  size_t last = attention->first_position + token;
  size_t first = last >= attention->window ? last + 1 - attention->window : 0;
  softmax state = {.largest = -INFINITY};
  lanes_f sums[VALUE_VECTORS];
  for (size_t i = 0; i < padded / TK_LANES; i++) { sums[i] = 0; }
  size_t start = first / TK_POSITION_GROUP * TK_POSITION_GROUP;
  for (; start <= last; start += TK_POSITION_GROUP) {
    lanes_f scores[VECTORS];
    score_group(attention, attention->queries + offset, shared, start, is_half, scores);
    float rescale = weigh_group(scores, start, first, last, &state);
    for (size_t i = 0; i < padded / TK_LANES; i++) { sums[i] *= rescale; }
    size_t from = start > first ? start : first;
    size_t end = last < start + TK_POSITION_GROUP ? last + 1 : start + TK_POSITION_GROUP;
    for (size_t position = from; position < end; position++) {
      size_t value = value_index(cache, shared, position);
      float weight = state.weights[position - start];
      for (size_t i = 0; i < padded / TK_LANES; i++) {
        sums[i] += weight * load_cached(cache->values, value + i * TK_LANES, is_half);
      }
    }
  }
  for (size_t i = 0; i < padded; i += TK_LANES) {
    if (i < cache->head_size) {
      store_some(
        sums[i / TK_LANES] / state.total, attention->output + offset + i, cache->head_size - i);
    }
  }
}

// The sums of the usual widths stay in registers.
INLINE void attend_any(const tk_attention *attention, size_t first, size_t end, bool is_half) {
  size_t padded = padded_size(&attention->cache);
  for (size_t index = first; index < end; index++) {
    size_t token = index / attention->head_count, head = index % attention->head_count;
    switch (padded) {
    case 64: attend_head(attention, token, head, 64, is_half); break;
    case 128: attend_head(attention, token, head, 128, is_half); break;
    default: attend_head(attention, token, head, padded, is_half); break;
    }
  }
}

static void attend(const tk_attention *attention, size_t first, size_t end) {
  if (attention->cache.is_half) {
    attend_any(attention, first, end, true);
  } else {
    attend_any(attention, first, end, false);
  }
}
