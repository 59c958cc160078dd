// Prints a digest of what each conversion of the plainest level makes of the same random bytes, so
// that processors can be compared.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tk_encodings.h"

enum { BYTES = 1 << 18, NUMBERS = BYTES / 4 };

static uint8_t input[BYTES];
static uint8_t output[256 * BYTES];

static uint64_t next(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void print_digest(const char *name, const uint8_t *bytes, size_t count) {
  uint64_t digest = 14695981039346656037u;
  for (size_t i = 0; i < count; i++) { digest = (digest ^ bytes[i]) * 1099511628211u; }
  printf("%s %016llx\n", name, (unsigned long long)digest);
}

// Which NaN an operation gives is the processor's choice: any is as good.
static void make_nans_equal(uint8_t *numbers, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, numbers + 4 * i, 4);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) { bits = 0x7FC00000; }
    memcpy(numbers + 4 * i, &bits, 4);
  }
}

static void check_decoder(const char *name, tk_convert *decode) {
  // No block is longer than 292 bytes nor holds more than 256 numbers.
  size_t count = BYTES / 292;
  memset(output, 0, 1024 * count);
  decode(input, output, count);
  make_nans_equal(output, 256 * count);
  print_digest(name, output, 1024 * count);
}

static void check_encoder(const char *name, tk_convert *encode, const void *numbers) {
  size_t count = NUMBERS / 256;
  memset(output, 0, 256 * count);
  encode(numbers, output, count);
  print_digest(name, output, 256 * count);
}

int main(void) {
  uint64_t state = 88172645463325252u;
  for (size_t i = 0; i < BYTES; i += 8) {
    uint64_t word = next(&state);
    memcpy(input + i, &word, 8);
  }
  // Numbers of common size, and numbers of any.
  static float common[NUMBERS], any[NUMBERS];
  for (size_t i = 0; i < NUMBERS; i++) {
    float sum = 0;
    for (int j = 0; j < 6; j++) { sum += (float)(next(&state) >> 40) * 0x1p-24f - 0.5f; }
    common[i] = 0.02f * sum;
    uint32_t bits;
    memcpy(&bits, input + 4 * i, 4);
    // Compilers take no care of signalling NaNs.
    if ((bits & 0x7F800000) == 0x7F800000) { bits |= 0x400000; }
    memcpy(&any[i], &bits, 4);
  }
  const tk_encodings *loops = tk_encodings_for(TK_BASELINE);
#define DECODER(type) check_decoder("reading " #type, loops->decode_##type);
#define ENCODER(type) \
  check_encoder("writing " #type, loops->encode_##type, common); \
  check_encoder("writing any bits as " #type, loops->encode_##type, any);
  TK_DECODED_TYPES(DECODER)
  TK_ENCODED_TYPES(ENCODER)
  tk_loss loss = {0};
  loops->measure(common, any, NUMBERS, &loss);
  printf("%zu %zu %zu %zu\n", loss.overflow_count, loss.underflow_count, loss.nan_count,
         loss.lost_nan_count);
  print_digest("errors", (const uint8_t *)&loss.largest_absolute_error, 8);
}
