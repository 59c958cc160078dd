#include "products.h"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

bool tk_product_variant_runs(tk_product_variant variant) {
  switch (variant) {
  case TK_PRODUCTS_PORTABLE: return true;
#if defined(__x86_64__)
  case TK_PRODUCTS_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("f16c");
  case TK_PRODUCTS_AVX512:
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__)
  case TK_PRODUCTS_NEON: return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
#endif
  default: return false;
  }
}
tk_product_variant tk_best_product_variant(void) {
  static const tk_product_variant order[] = {
      TK_PRODUCTS_AVX512, TK_PRODUCTS_AVX2, TK_PRODUCTS_NEON, TK_PRODUCTS_PORTABLE};
  size_t index = 0;
  while (!tk_product_variant_runs(order[index])) { index++; }
  return order[index];
}

static const product_loops *loops_of(tk_product_variant variant) {
  switch (variant) {
#if defined(__x86_64__)
  case TK_PRODUCTS_AVX512: return &tk_products_avx512;
  case TK_PRODUCTS_AVX2: return &tk_products_avx2;
#elif defined(__aarch64__)
  case TK_PRODUCTS_NEON: return &tk_products_neon;
#endif
  default: return &tk_products_portable;
  }
}

tk_activation_form tk_activation_form_for(tk_weight_type type) {
  switch (type) {
  case TK_F32:
  case TK_F16: return TK_ACTIVATIONS_F32;
  case TK_BF16: return TK_ACTIVATIONS_BF16;
  default: return TK_ACTIVATIONS_INT8;
  }
}

size_t tk_activation_byte_count(
    tk_activation_form form, size_t token_count, size_t column_count) {
  const size_t rows = rounded_up(token_count, MAXIMUM_LANES);
  const size_t columns = rounded_up(column_count, BLOCK);
  switch (form) {
  case TK_ACTIVATIONS_F32: return rows * columns * 4;
  case TK_ACTIVATIONS_BF16: return rows * columns * 2;
  case TK_ACTIVATIONS_INT8:
    return columns / BLOCK *
           block_byte_count(token_count <= MAXIMUM_STREAMED_TOKENS ? 16 * token_count : rows);
  }
}

size_t tk_activation_group_count(
    tk_product_variant variant, const tk_activations *activations) {
  return group_count_of(activations, loops_of(variant)->group_size);
}

static tk_activations shifted(const tk_activations *activations, size_t shift) {
  tk_activations result = *activations;
  result.converted = (uint8_t *)result.converted + shift;
  return result;
}

void tk_convert_activations(
    tk_product_variant variant, const tk_activations *activations, size_t shift,
    size_t first_group, size_t end_group) {
  const tk_activations own = shifted(activations, shift);
  loops_of(variant)->convert(&own, first_group, end_group);
}

void tk_multiply_rows(
    tk_product_variant variant, const tk_product *product, size_t first_row, size_t end_row) {
  loops_of(variant)->multiply(product, first_row, end_row);
}

static size_t tiles_of(const tk_product *product) {
  return (product->row_count + TILE - 1) / TILE;
}

size_t tk_tile_count(const tk_product *products, size_t product_count) {
  size_t count = 0;
  for (size_t i = 0; i < product_count; i++) { count += tiles_of(&products[i]); }
  return count;
}

void tk_multiply_tiles(
    tk_product_variant variant, const tk_product *products, size_t product_count, size_t shift,
    size_t first_tile, size_t end_tile) {
  size_t before = 0;
  for (size_t i = 0; i < product_count; i++) {
    const size_t tile_count = tiles_of(&products[i]);
    const size_t first = first_tile > before ? first_tile - before : 0;
    const size_t end = end_tile > before ? smaller(end_tile - before, tile_count) : 0;
    if (first < end) {
      const tk_activations own = shifted(products[i].activations, shift);
      tk_product product = products[i];
      product.activations = &own;
      tk_multiply_rows(variant, &product, first * TILE, smaller(end * TILE, product.row_count));
    }
    before += tile_count;
  }
}
