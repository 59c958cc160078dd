// Prints digests of what the loops of a decoder make of the same numbers, at the lowest level and
// at the highest one, so that processors can be compared.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tk_decoding.h"

// Fits neither vectors nor groups; heads of 40 elements, which are padded to 48.
enum { COUNT = 1003, HEADS = 6, SHARED = 2, HEAD_SIZE = 40, PADDED = 48, POSITIONS = 192, LAST = 150 };

static uint64_t state = 88172645463325252u;

// Numbers from -4 to 4; some are tiny.
static void fill(float *numbers, size_t count) {
  for (size_t i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    numbers[i] = (float)(int32_t)(state >> 32) * (state % 16 == 0 ? 0x1p-50f : 0x1p-29f);
  }
}

static void print_digest(const char *name, const char *level, const float *numbers, size_t count) {
  const uint8_t *bytes = (const uint8_t *)numbers;
  uint64_t digest = 14695981039346656037u;
  for (size_t i = 0; i < count * 4; i++) { digest = (digest ^ bytes[i]) * 1099511628211u; }
  printf("%s, %s %016llx\n", name, level, (unsigned long long)digest);
}

static void check_rows(const tk_decoding *loops, const char *level) {
  static float x[COUNT], y[COUNT], weight[COUNT], bias[COUNT];
  fill(x, COUNT);
  fill(weight, COUNT);
  fill(bias, COUNT);
  loops->rms_norm(x, weight, 1e-5f, y, COUNT);
  print_digest("rms_norm", level, y, COUNT);
  loops->layer_norm(x, weight, bias, 1e-5f, y, COUNT);
  print_digest("layer_norm", level, y, COUNT);
  loops->add(y, x, COUNT);
  print_digest("add", level, y, COUNT);
  loops->swiglu(y, x, COUNT);
  print_digest("swiglu", level, y, COUNT);
  loops->gelu(x, COUNT);
  print_digest("gelu", level, x, COUNT);
  for (int neighbours = 0; neighbours < 2; neighbours++) {
    loops->rotate(y, weight, bias, COUNT / 2, neighbours);
    print_digest("rotate", level, y, COUNT);
  }
}

static void check_attention(const tk_decoding *loops, const char *level, bool is_half) {
  enum { TOKENS = 5, FIRST = LAST - TOKENS };
  static uint32_t keys[SHARED * POSITIONS * HEAD_SIZE], values[SHARED * POSITIONS * PADDED];
  static float key[SHARED * HEAD_SIZE], value[SHARED * HEAD_SIZE];
  static float queries[TOKENS * HEADS * HEAD_SIZE], output[TOKENS * HEADS * HEAD_SIZE];
  const tk_cache cache = {
      .keys = keys, .values = values, .head_count = SHARED, .head_size = HEAD_SIZE,
      .position_count = POSITIONS, .is_half = is_half};
  memset(keys, 0, sizeof keys);
  memset(values, 0, sizeof values);
  for (size_t position = 0; position < LAST; position++) {
    fill(key, SHARED * HEAD_SIZE);
    fill(value, SHARED * HEAD_SIZE);
    loops->store(&cache, key, value, position);
  }
  fill(queries, TOKENS * HEADS * HEAD_SIZE);
  for (size_t window = 70; window <= POSITIONS; window += POSITIONS - 70) {
    const tk_attention attention = {
        .cache = cache, .queries = queries, .output = output, .token_count = TOKENS,
        .head_count = HEADS,
        .first_position = FIRST, .window = window, .scale = 0.16f};
    loops->attend(&attention, 0, TOKENS * SHARED);
    print_digest(is_half ? "attention, F16" : "attention, F32", level, output,
                 TOKENS * HEADS * HEAD_SIZE);
  }
}

static void check(const char *name, tk_level level) {
  const tk_decoding *loops = tk_decoding_for(level);
  state = 88172645463325252u;
  check_rows(loops, name);
  check_attention(loops, name, false);
  check_attention(loops, name, true);
}

int main(void) {
  check("lowest level", TK_BASELINE);
  check("highest level", tk_best_level());
}
