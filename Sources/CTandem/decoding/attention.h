// Attention of a token's heads, those that share keys and values together:
//   output = sum over j of softmax(scale · query · key[j]) · value[j]
//
// Positions are taken in groups whose borders depend on nothing but the position, with the largest
// score so far as the softmax's reference: Milakov & Gimelshein, "Online normalizer calculation for
// softmax" (arXiv:1805.02867). So a result does not depend on how many tokens are in the block.

enum { VECTORS = TK_POSITION_GROUP / TK_LANES, VALUE_VECTORS = TK_MAXIMUM_HEAD_SIZE / TK_LANES };

// The most heads that are computed together.
enum { HEADS = 4 };

typedef struct softmax {
  float largest, total;
  float weights[TK_POSITION_GROUP];
} softmax;

// The scores of a group of positions for some heads, each a sum over the elements in ascending
// order.
INLINE void score_group(
    const tk_attention *attention, const float *query, size_t count, size_t shared, size_t start,
    bool is_half, lanes_f scores[][VECTORS]) {
  const tk_cache *cache = &attention->cache;
  size_t keys = key_index(cache, shared, start), stride = cache->head_size * TK_LANES;
  for (size_t head = 0; head < count; head++) {
    for (int i = 0; i < VECTORS; i++) { scores[head][i] = 0; }
  }
  for (size_t element = 0; element < cache->head_size; element++) {
    for (int i = 0; i < VECTORS; i++) {
      lanes_f key =
        load_cached(cache->keys, keys + (size_t)i * stride + element * TK_LANES, is_half);
      for (size_t head = 0; head < count; head++) {
        scores[head][i] += query[head * cache->head_size + element] * key;
      }
    }
  }
  for (size_t head = 0; head < count; head++) {
    for (int i = 0; i < VECTORS; i++) {
      scores[head][i] *= attention->scale;
      if (attention->cap > 0) { scores[head][i] = capped(scores[head][i], attention->cap); }
    }
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
  // Mostly the largest is an earlier one, and nothing is rescaled.
  float rescale = 1;
  if (state->largest != reference) {
    lanes_f factor = state->largest - reference;
    rescale = state->total != 0 ? exponential(factor)[0] : 0;
  }
  state->largest = reference;
  state->total = state->total * rescale + sum_of(total);
  return rescale;
}

// Attends for `count` heads of a token that share keys and values.
INLINE void attend_heads(
    const tk_attention *attention, size_t token, size_t head, size_t count, size_t padded,
    bool is_half) {
  const tk_cache *cache = &attention->cache;
  size_t shared = head / (attention->head_count / cache->head_count);
  size_t offset = (token * attention->head_count + head) * cache->head_size;
  size_t last = attention->first_position + token;
  size_t first = last >= attention->window ? last + 1 - attention->window : 0;
  softmax states[HEADS];
  lanes_f sums[HEADS][VALUE_VECTORS];
  for (size_t h = 0; h < count; h++) {
    states[h] = (softmax){.largest = -INFINITY};
    for (size_t i = 0; i < padded / TK_LANES; i++) { sums[h][i] = 0; }
  }
  size_t start = first / TK_POSITION_GROUP * TK_POSITION_GROUP;
  for (; start <= last; start += TK_POSITION_GROUP) {
    lanes_f scores[HEADS][VECTORS];
    score_group(attention, attention->queries + offset, count, shared, start, is_half, scores);
    for (size_t h = 0; h < count; h++) {
      float rescale = weigh_group(scores[h], start, first, last, &states[h]);
      if (rescale == 1) { continue; }
      for (size_t i = 0; i < padded / TK_LANES; i++) { sums[h][i] *= rescale; }
    }
    size_t from = start > first ? start : first;
    size_t end = last < start + TK_POSITION_GROUP ? last + 1 : start + TK_POSITION_GROUP;
    for (size_t position = from; position < end; position++) {
      size_t index = value_index(cache, shared, position);
      for (size_t i = 0; i < padded / TK_LANES; i++) {
        lanes_f value = load_cached(cache->values, index + i * TK_LANES, is_half);
        for (size_t h = 0; h < count; h++) {
          sums[h][i] += states[h].weights[position - start] * value;
        }
      }
    }
  }
  for (size_t h = 0; h < count; h++) {
    float *output = attention->output + offset + h * cache->head_size;
    for (size_t i = 0; i < cache->head_size; i += TK_LANES) {
      store_some(sums[h][i / TK_LANES] / states[h].total, output + i, cache->head_size - i);
    }
  }
}

// The sums of the usual widths stay in registers, of so many heads.
INLINE void attend_any(const tk_attention *attention, size_t first, size_t end, bool is_half) {
  size_t padded = padded_size(&attention->cache);
  size_t sharing = attention->head_count / attention->cache.head_count;
  size_t most = padded == 64 ? HEADS : padded == 128 ? HEADS / 2 : 1;
  for (size_t index = first; index < end;) {
    size_t token = index / attention->head_count, head = index % attention->head_count;
    size_t count = sharing - head % sharing;
    if (count > end - index) { count = end - index; }
    if (count > most) { count = most; }
#define ATTEND(count, padded) attend_heads(attention, token, head, count, padded, is_half)
    switch (padded) {
    case 64:
      switch (count) {
      case 1: ATTEND(1, 64); break;
      case 2: ATTEND(2, 64); break;
      case 3: ATTEND(3, 64); break;
      default: ATTEND(4, 64); break;
      }
      break;
    case 128:
      if (count == 1) {
        ATTEND(1, 128);
      } else {
        ATTEND(2, 128);
      }
      break;
    default: ATTEND(1, padded); break;
    }
#undef ATTEND
    index += count;
  }
}

static void attend(const tk_attention *attention, size_t first, size_t end) {
  if (attention->cache.is_half) {
    attend_any(attention, first, end, true);
  } else {
    attend_any(attention, first, end, false);
  }
}
