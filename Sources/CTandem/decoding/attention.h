// Attention of tokens' heads, those that share keys and values together:
//   output = sum over j of softmax(scale · query · key[j]) · value[j]
//
// Positions are taken in groups whose borders depend on nothing but the position, with the largest
// score so far as the softmax's reference: Milakov & Gimelshein, "Online normalizer calculation for
// softmax" (arXiv:1805.02867). So a result does not depend on how many tokens are in the block.

enum { VECTORS = TK_POSITION_GROUP / TK_LANES, VALUE_VECTORS = TK_MAXIMUM_HEAD_SIZE / TK_LANES };

// The most heads, and the most tokens, that are computed together: a group's keys or values and what
// is kept for the tokens stay in the first cache.
enum { HEADS = 4, TOKENS = 16 };

typedef struct softmax {
  float largest, total;
} softmax;

// What is known of some heads of some tokens that see the same shared head.
typedef struct attending {
  const tk_attention *attention;
  size_t shared, head, token, token_count;
  softmax states[TOKENS][HEADS];
  float weights[TOKENS][HEADS][TK_POSITION_GROUP];
  lanes_f sums[TOKENS][VALUE_VECTORS];
  float group[TK_POSITION_GROUP * TK_MAXIMUM_HEAD_SIZE];
} attending;

// The first and last position that a token sees of those from `start` on.
typedef struct span {
  size_t first, last;
} span;

INLINE span seen_by(const attending *a, size_t token, size_t start) {
  size_t last = a->attention->first_position + a->token + token, window = a->attention->window;
  size_t first = last >= window ? last + 1 - window : 0;
  return (span){first > start ? first : start, last};
}

// The scores of a group of positions for some heads, each a sum over the elements in ascending
// order.
INLINE void score_group(
    const tk_attention *attention, const float *query, const float *keys, size_t count,
    lanes_f scores[][VECTORS]) {
  size_t size = attention->cache.head_size;
  for (size_t head = 0; head < count; head++) {
    for (int i = 0; i < VECTORS; i++) { scores[head][i] = 0; }
  }
  for (size_t element = 0; element < size; element++) {
    for (int i = 0; i < VECTORS; i++) {
      lanes_f key = load_lanes_f(keys + ((size_t)i * size + element) * TK_LANES);
      for (size_t head = 0; head < count; head++) {
        scores[head][i] += query[head * size + element] * key;
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

// Where a head's elements begin among all queries, or outputs.
INLINE size_t head_index(const tk_attention *attention, size_t token, size_t head) {
  return (token * attention->head_count + head) * attention->cache.head_size;
}

// Turns the scores of a group into weights; those that are not seen weigh nothing. Returns what
// earlier sums must be multiplied by.
INLINE float weigh_group(
    lanes_f scores[VECTORS], size_t start, span seen, softmax *state, float *into) {
  lanes_i is_seen[VECTORS];
  lanes_f largest = state->largest, total = 0;
  for (int i = 0; i < VECTORS; i++) {
    lanes_u position = lane_numbers + (uint32_t)(start + (size_t)i * TK_LANES);
    is_seen[i] = (position >= (uint32_t)seen.first) & (position <= (uint32_t)seen.last);
    largest = (is_seen[i] & (scores[i] > largest)) ? scores[i] : largest;
  }
  float reference = largest_of(largest);
  for (int i = 0; i < VECTORS; i++) {
    lanes_f weights = is_seen[i] ? exponential(scores[i] - reference) : 0;
    store_lanes_f(weights, into + i * TK_LANES);
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

// Weighs a group of positions for each token that sees some of it.
INLINE void weigh_keys(attending *a, size_t start, const float *keys, size_t count, size_t padded) {
  for (size_t token = 0; token < a->token_count; token++) {
    span seen = seen_by(a, token, start);
    if (seen.last < start || seen.first >= start + TK_POSITION_GROUP) { continue; }
    const float *query = a->attention->queries + head_index(a->attention, a->token + token, a->head);
    lanes_f scores[HEADS][VECTORS];
    score_group(a->attention, query, keys, count, scores);
    for (size_t h = 0; h < count; h++) {
      float rescale =
        weigh_group(scores[h], start, seen, &a->states[token][h], a->weights[token][h]);
      if (rescale == 1) { continue; }
      for (size_t i = 0; i < padded / TK_LANES; i++) {
        a->sums[token][h * padded / TK_LANES + i] *= rescale;
      }
    }
  }
}

// Adds a group's weighed values for each token that sees some of them.
INLINE void add_values(attending *a, size_t start, const float *values, size_t count, size_t padded) {
  size_t end = start + TK_POSITION_GROUP, width = padded / TK_LANES;
  for (size_t token = 0; token < a->token_count; token++) {
    span seen = seen_by(a, token, start);
    lanes_f sums[VALUE_VECTORS];
    for (size_t i = 0; i < count * width; i++) { sums[i] = a->sums[token][i]; }
    for (size_t position = seen.first; position <= seen.last && position < end; position++) {
      for (size_t i = 0; i < width; i++) {
        lanes_f value = load_lanes_f(values + (position - start) * padded + i * TK_LANES);
        for (size_t h = 0; h < count; h++) {
          sums[h * width + i] += a->weights[token][h][position - start] * value;
        }
      }
    }
    for (size_t i = 0; i < count * width; i++) { a->sums[token][i] = sums[i]; }
  }
}

// Attends for `count` heads of the tokens.
INLINE void attend_heads(attending *a, size_t count, size_t padded) {
  const tk_attention *attention = a->attention;
  const tk_cache *cache = &attention->cache;
  size_t last = attention->first_position + a->token + a->token_count - 1;
  for (size_t token = 0; token < a->token_count; token++) {
    for (size_t h = 0; h < count; h++) { a->states[token][h] = (softmax){.largest = -INFINITY}; }
    for (size_t i = 0; i < count * padded / TK_LANES; i++) { a->sums[token][i] = 0; }
  }
  size_t start = seen_by(a, 0, 0).first / TK_POSITION_GROUP * TK_POSITION_GROUP;
  for (; start <= last; start += TK_POSITION_GROUP) {
    size_t left = last + 1 - start < TK_POSITION_GROUP ? last + 1 - start : TK_POSITION_GROUP;
    const void *key = cached_at(cache, cache->keys, key_index(cache, a->shared, start));
    const void *value = cached_at(cache, cache->values, value_index(cache, a->shared, start));
    const void *next = cached_at(cache, key, TK_POSITION_GROUP * cache->head_size);
    weigh_keys(
      a, start, read_cached(cache, key, TK_POSITION_GROUP * cache->head_size, value, a->group), count,
      padded);
    add_values(a, start, read_cached(cache, value, left * padded, next, a->group), count, padded);
  }
  for (size_t token = 0; token < a->token_count; token++) {
    for (size_t h = 0; h < count; h++) {
      float *output = attention->output + head_index(attention, a->token + token, a->head + h);
      for (size_t i = 0; i < cache->head_size; i += TK_LANES) {
        lanes_f sum = a->sums[token][(h * padded + i) / TK_LANES];
        store_some(sum / a->states[token][h].total, output + i, cache->head_size - i);
      }
    }
  }
}

// The sums of the usual widths stay in registers, of so many heads.
INLINE void attend_shared(attending *a) {
  size_t padded = padded_size(&a->attention->cache);
  size_t sharing = a->attention->head_count / a->attention->cache.head_count;
  size_t most = padded == 64 ? HEADS : padded == 128 ? HEADS / 2 : 1;
  size_t end = (a->shared + 1) * sharing;
  for (a->head = end - sharing; a->head < end;) {
    size_t count = end - a->head < most ? end - a->head : most;
    switch (padded) {
    case 64:
      switch (count) {
      case 1: attend_heads(a, 1, 64); break;
      case 2: attend_heads(a, 2, 64); break;
      case 3: attend_heads(a, 3, 64); break;
      default: attend_heads(a, 4, 64); break;
      }
      break;
    case 128:
      if (count == 1) {
        attend_heads(a, 1, 128);
      } else {
        attend_heads(a, 2, 128);
      }
      break;
    default: attend_heads(a, 1, padded); break;
    }
    a->head += count;
  }
}

static void attend(const tk_attention *attention, size_t first, size_t end) {
  attending a;
  a.attention = attention;
  for (size_t index = first; index < end; index += a.token_count) {
    a.shared = index / attention->token_count;
    a.token = index % attention->token_count;
    size_t left = end - index < TOKENS ? end - index : TOKENS;
    size_t rest = attention->token_count - a.token;
    a.token_count = left < rest ? left : rest;
    attend_shared(&a);
  }
}
