// Prints digests of matrix products, of the plain variant and of the fastest one, so that
// processors can be compared. Each is computed for blocks of tokens and for one token at a time.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tk_products.h"

typedef struct type {
  const char *name;
  tk_weight_type type;
  size_t block_length, byte_count;
  // Where in a block binary16 scales lie; -1 for none.
  int scales[2];
} type;

static const type types[] = {
    {"F32", TK_F32, 1, 4, {-1, -1}},       {"F16", TK_F16, 1, 2, {-1, -1}},
    {"BF16", TK_BF16, 1, 2, {-1, -1}},     {"Q4_0", TK_Q4_0, 32, 18, {0, -1}},
    {"Q4_1", TK_Q4_1, 32, 20, {0, 2}},     {"Q5_0", TK_Q5_0, 32, 22, {0, -1}},
    {"Q5_1", TK_Q5_1, 32, 24, {0, 2}},     {"Q8_0", TK_Q8_0, 32, 34, {0, -1}},
    {"Q4_K", TK_Q4_K, 256, 144, {0, 2}},   {"Q5_K", TK_Q5_K, 256, 176, {0, 2}},
    {"Q6_K", TK_Q6_K, 256, 210, {208, -1}},
};

enum { ROWS = 37, COLUMNS = 1792, TOKENS = 21 };

static uint64_t state = 88172645463325252u;

static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32);
}

// Any bits, but everyday exponents.
static void fill(const type *of, uint8_t *bytes, size_t block_count) {
  for (size_t i = 0; i < block_count * of->byte_count; i++) { bytes[i] = (uint8_t)next(); }
  for (size_t i = 0; i < block_count; i++) {
    uint8_t *block = bytes + i * of->byte_count;
    if (of->block_length == 1) {
      const uint8_t exponent = of->type == TK_F16 ? 0x30 : 0x3C;
      block[of->byte_count - 1] = (block[of->byte_count - 1] & 0x83) | exponent;
    }
    for (int j = 0; j < 2; j++) {
      if (of->scales[j] < 0) { continue; }
      uint8_t *high = block + of->scales[j] + 1;
      *high = (*high & 0x83) | 0x20;
    }
  }
}

static void multiply(
    tk_product_variant variant, const type *of, const uint8_t *weights, const float *x,
    size_t token_count, float *y) {
  const tk_activation_form form = tk_activation_form_for(of->type);
  tk_activations activations = {x, token_count, COLUMNS, form, NULL};
  activations.converted =
      aligned_alloc(64, tk_activation_byte_count(form, token_count, COLUMNS));
  tk_convert_activations(
      variant, &activations, 0, 0, tk_activation_group_count(variant, &activations));
  const tk_product product = {
      weights, of->type, COLUMNS / of->block_length * of->byte_count, ROWS, &activations, y, ROWS,
      false};
  tk_multiply_rows(variant, &product, 0, ROWS);
  free(activations.converted);
}

static void print_digest(const char *name, const char *variant, const void *from, size_t count) {
  const uint8_t *bytes = from;
  uint64_t digest = 14695981039346656037u;
  for (size_t i = 0; i < count; i++) { digest = (digest ^ bytes[i]) * 1099511628211u; }
  printf("product with %s, %s %016llx\n", name, variant, (unsigned long long)digest);
}

static void check(const char *name, tk_product_variant variant, const type *of) {
  static uint8_t weights[ROWS * COLUMNS * 4];
  static float x[TOKENS * COLUMNS], y[TOKENS * ROWS];
  state = 88172645463325252u;
  fill(of, weights, ROWS * COLUMNS / of->block_length);
  for (size_t i = 0; i < TOKENS * COLUMNS; i++) { x[i] = (float)(int32_t)next() * 0x1p-30f; }
  multiply(variant, of, weights, x, TOKENS, y);
  print_digest(of->name, name, y, sizeof y);
  for (size_t t = 0; t < TOKENS; t++) {
    multiply(variant, of, weights, x + t * COLUMNS, 1, y + t * ROWS);
  }
  print_digest(of->name, name, y, sizeof y);
}

int main(void) {
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    check("plain", TK_PRODUCTS_PORTABLE, &types[i]);
    check("fastest", tk_best_product_variant(), &types[i]);
  }
}
