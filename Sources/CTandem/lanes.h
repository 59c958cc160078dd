// Vectors of TK_LANES lanes. Clang lowers them to whatever the enclosing function's target has;
// `mask ? a : b` chooses lane by lane.

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef float lanes_f __attribute__((ext_vector_type(TK_LANES)));
typedef int32_t lanes_i __attribute__((ext_vector_type(TK_LANES)));
typedef uint32_t lanes_u __attribute__((ext_vector_type(TK_LANES)));
typedef uint16_t lanes_u16 __attribute__((ext_vector_type(TK_LANES)));
typedef uint8_t lanes_u8 __attribute__((ext_vector_type(TK_LANES)));

// Loads and stores at any alignment.
#define LANES_ACCESS(type) \
  static inline type load_##type(const void *from) { \
    type lanes; \
    memcpy(&lanes, from, sizeof lanes); \
    return lanes; \
  } \
  static inline void store_##type(type lanes, void *to) { memcpy(to, &lanes, sizeof lanes); }

LANES_ACCESS(lanes_f)
LANES_ACCESS(lanes_u)
LANES_ACCESS(lanes_u16)
LANES_ACCESS(lanes_u8)

// The same numbers in another type. A cast keeps the bits.
#define CONVERTED(type, lanes) __builtin_convertvector(lanes, type)

// 0, 1, 2 and so on.
static const lanes_u lane_numbers = {
  0, 1, 2, 3,
#if TK_LANES > 4
  4, 5, 6, 7,
#endif
#if TK_LANES > 8
  8, 9, 10, 11, 12, 13, 14, 15,
#endif
};

// Defines a loop over elements from a conversion of one vector; a last part of a vector goes
// through a padded copy.
#define ELEMENT_LOOP(name, from_size, to_size) \
  static void name(const void *restrict from, void *restrict to, size_t count) { \
    const uint8_t *source = from; \
    uint8_t *output = to; \
    size_t whole = count / TK_LANES * TK_LANES, rest = count - whole; \
    for (size_t i = 0; i < whole; i += TK_LANES) { \
      name##_lanes(source + from_size * i, output + to_size * i); \
    } \
    if (rest > 0) { \
      uint8_t padded[TK_LANES * from_size] = {0}, converted[TK_LANES * to_size]; \
      memcpy(padded, source + from_size * whole, from_size * rest); \
      name##_lanes(padded, converted); \
      memcpy(output + to_size * whole, converted, to_size * rest); \
    } \
  }
