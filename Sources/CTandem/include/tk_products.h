#ifndef TK_PRODUCTS_H
#define TK_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// How products are computed. Quantised and BF16 weights give the same bits in every variant; F32
/// and F16 weights do so in those with a fused multiply-add, which is all but the portable one.
typedef enum tk_product_variant {
  /// Plain C.
  TK_PRODUCTS_PORTABLE,
  /// AVX2, FMA and F16C.
  TK_PRODUCTS_AVX2,
  /// AVX-512 with VNNI; its BF16 instructions where they are.
  TK_PRODUCTS_AVX512,
  /// NEON with the dot product instructions.
  TK_PRODUCTS_NEON,
} tk_product_variant;

/// Tells whether this processor can run a variant.
bool tk_product_variant_runs(tk_product_variant variant);

/// The fastest variant that this processor can run.
tk_product_variant tk_best_product_variant(void);

/// Weights that products are made for, as ggml and safetensors store them.
typedef enum tk_weight_type {
  TK_F32,
  TK_F16,
  TK_BF16,
  TK_Q4_0,
  TK_Q4_1,
  TK_Q5_0,
  TK_Q5_1,
  TK_Q8_0,
  TK_Q4_K,
  TK_Q5_K,
  TK_Q6_K,
} tk_weight_type;

/// What activations are converted to before they meet weights.
typedef enum tk_activation_form {
  /// As they are: for F32 and F16 weights.
  TK_ACTIVATIONS_F32,
  /// Rounded to BF16, ties to even: for BF16 weights.
  TK_ACTIVATIONS_BF16,
  /// Blocks of 32 8-bit integers with a scale: for quantised weights.
  TK_ACTIVATIONS_INT8,
} tk_activation_form;

tk_activation_form tk_activation_form_for(tk_weight_type type);

/// The largest number of tokens in one product.
enum { TK_MAXIMUM_TOKEN_COUNT = 512 };

/// Rows are computed in tiles of this many: a product's work is best cut at multiples of it.
enum { TK_TILE_ROW_COUNT = 16 };

/// Bytes of the converted activations of a number of tokens; a multiple of 64.
size_t tk_activation_byte_count(
    tk_activation_form form, size_t token_count, size_t column_count);

/// Activations of tokens, a row each, and where they are converted to.
typedef struct tk_activations {
  /// Of the first token; the next one's begin `column_count` later.
  const float *input;
  size_t token_count;
  size_t column_count;
  tk_activation_form form;
  /// `tk_activation_byte_count` bytes, aligned to 64.
  void *converted;
} tk_activations;

/// Tokens are converted in groups: this many groups there are.
size_t tk_activation_group_count(
    tk_product_variant variant, const tk_activations *activations);

/// Converts the tokens of some groups, to `shift` bytes behind where they say.
void tk_convert_activations(
    tk_product_variant variant, const tk_activations *activations, size_t shift,
    size_t first_group, size_t end_group);

/// The product of activations with a matrix of weights, (row_count, column_count), each row
/// `row_byte_count` bytes after the one before.
typedef struct tk_product {
  const void *weights;
  tk_weight_type type;
  size_t row_byte_count;
  size_t row_count;
  /// Converted to the form for the type.
  const tk_activations *_Nullable activations;
  /// Of the first token; the next one's begins `output_stride` later.
  float *output;
  size_t output_stride;
  /// Whether the product is added to what the output holds.
  bool adds;
} tk_product;

/// Computes output[t, r] = sum over k of weights[r, k] * input[t, k] for some rows and all tokens.
///
/// The additions of one output are made in an order that depends on the columns only: not on the
/// number of tokens, nor on the range of rows.
void tk_multiply_rows(
    tk_product_variant variant, const tk_product *product, size_t first_row, size_t end_row);

/// The tiles of some products' rows, counted one product after the other.
size_t tk_tile_count(const tk_product *products, size_t product_count);

/// Computes the rows of some tiles with activations that were converted with that shift.
void tk_multiply_tiles(
    tk_product_variant variant, const tk_product *products, size_t product_count, size_t shift,
    size_t first_tile, size_t end_tile);

#pragma clang assume_nonnull end

#endif
