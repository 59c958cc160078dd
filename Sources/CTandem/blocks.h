// What the loops over ggml's block types share. Layouts are those of ggml/src/ggml-common.h in
// https://github.com/ggml-org/llama.cpp; fields are named by their offset in the block. Sums and
// products are formed in the order of ggml's reference, so that results equal its bit for bit.

// A binary32 number at any alignment.
typedef float any_float __attribute__((aligned(1)));

static inline uint32_t word16(const uint8_t *at) {
  uint16_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

static inline uint32_t word32(const uint8_t *at) {
  uint32_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

static inline float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// Defines a loop over blocks from a conversion of one.
#define DECODING_LOOP(type, element_count, byte_count) \
  static void decode_##type(const void *from, void *to, size_t count) { \
    const uint8_t *block = from; \
    any_float *values = to; \
    for (size_t i = 0; i < count; i++) { \
      decode_##type##_block(block + byte_count * i, values + element_count * i); \
    } \
  }

#define ENCODING_LOOP(type, element_count, byte_count) \
  static void encode_##type(const void *from, void *to, size_t count) { \
    const any_float *values = from; \
    uint8_t *block = to; \
    for (size_t i = 0; i < count; i++) { \
      encode_##type##_block(values + element_count * i, block + byte_count * i); \
    } \
  }
