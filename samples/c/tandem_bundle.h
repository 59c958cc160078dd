// Reads `.tandem` bundles, version 1 (schemas/bundle.md), in one header: C99 and POSIX.
//
// One source file defines TANDEM_BUNDLE_IMPLEMENTATION before it includes this header:
//
//   #define TANDEM_BUNDLE_IMPLEMENTATION
//   #include "tandem_bundle.h"
//
//   tandem_bundle bundle;
//   tandem_error error;
//   if (tandem_open(&bundle, path, &error) != 0) { puts(error.text); return 1; }
//   tandem_tensor tensor = tandem_tensor_at(&bundle, 0);  // tensor.data: the mapped bytes
//   tandem_close(&bundle);
//
// tandem_open checks every rule of the superblock and the directory; what the sections hold is for
// tandem_verify.h. It allocates only while it compares names. LZ4 frames are not decoded: their
// sections give the stored bytes.
#ifndef TANDEM_BUNDLE_H
#define TANDEM_BUNDLE_H

#include <stdint.h>

#define TANDEM_NONE UINT32_MAX

enum { TANDEM_FEATURE_LZ4 = 1 };
enum { TANDEM_PRIMARY = 1, TANDEM_SECONDARY, TANDEM_PROJECTION, TANDEM_ROUTER, TANDEM_TOKENIZER };
enum { TANDEM_MEMBERS, TANDEM_TENSORS, TANDEM_PAYLOADS, TANDEM_SECTIONS, TANDEM_RELATIONS,
       TANDEM_FIELDS, TANDEM_DIMENSIONS, TANDEM_VALUES, TANDEM_STRINGS, TANDEM_TABLE_COUNT };
enum { TANDEM_KIND_TENSOR_DATA = 1, TANDEM_KIND_BLOCK_DIGESTS, TANDEM_KIND_MANIFEST,
       TANDEM_KIND_DOCUMENT, TANDEM_KIND_HEADER, TANDEM_KIND_TOKENIZER_METADATA,
       TANDEM_KIND_CHAT_TEMPLATE, TANDEM_KIND_FILE_MAP };

// What breaks a rule of the format, in one sentence.
typedef struct { char text[256]; } tandem_error;

// UTF-8 text in the mapping; no NUL ends it.
typedef struct { const char *bytes; uint32_t byte_count; } tandem_text;

typedef struct {
  const uint8_t *bytes;  // the mapped file
  uint64_t byte_count;
  uint64_t required_features;
  uint64_t directory_byte_count;
  uint32_t section_alignment, tensor_alignment;
  uint64_t tensor_sections, manifest;              // sections: the first of kind 1, the last of all
  const uint8_t *table[TANDEM_TABLE_COUNT];        // first record
  uint64_t record_count[TANDEM_TABLE_COUNT];
} tandem_bundle;

typedef struct {
  const char *name;  // null if the number is unknown
  uint32_t block_element_count, block_byte_count;
} tandem_type;

typedef struct {
  uint32_t role;
  tandem_text name;
  uint32_t first_tensor, tensor_count, first_field, field_count;
  uint32_t tokenizer;  // index of a member, or TANDEM_NONE
  const uint8_t *tensor_set_digest, *config_digest, *tokenizer_digest;  // 32 bytes each
} tandem_member;

typedef struct {
  tandem_text name;
  uint32_t type, rank, first_dimension, payload;
  const uint8_t *data;
  uint64_t offset, byte_count;
} tandem_tensor;

typedef struct { uint64_t offset, byte_count; uint32_t first_block, encoding; } tandem_payload;

typedef struct {
  uint32_t kind, flags;
  tandem_text name;
  uint32_t member;  // index of a member, or TANDEM_NONE for the bundle
  const uint8_t *data;
  uint64_t offset, stored_byte_count, byte_count;
  const uint8_t *digest;
} tandem_section;

typedef struct {
  tandem_text kind;
  uint32_t from, to, first_field, field_count;
} tandem_relation;

typedef struct {
  tandem_text key;
  uint32_t type;
  uint64_t value;    // the number or its bits; the index of the first list element
  tandem_text text;  // of type 5
  uint32_t count;
} tandem_field;

// Maps the bundle and checks its superblock and directory. Returns 0, or -1 and a sentence.
int tandem_open(tandem_bundle *bundle, const char *path, tandem_error *error);

void tandem_close(tandem_bundle *bundle);

// Records by index, which must be below record_count of their table.
tandem_member tandem_member_at(const tandem_bundle *bundle, uint64_t index);
tandem_tensor tandem_tensor_at(const tandem_bundle *bundle, uint64_t index);
tandem_payload tandem_payload_at(const tandem_bundle *bundle, uint64_t index);
tandem_section tandem_section_at(const tandem_bundle *bundle, uint64_t index);
tandem_relation tandem_relation_at(const tandem_bundle *bundle, uint64_t index);
tandem_field tandem_field_at(const tandem_bundle *bundle, uint64_t index);
uint64_t tandem_dimension_at(const tandem_bundle *bundle, uint64_t index);
uint64_t tandem_value_at(const tandem_bundle *bundle, uint64_t index);

tandem_type tandem_type_of(uint32_t number);
const char *tandem_role_name(uint32_t role);

#endif

#if defined(TANDEM_BUNDLE_IMPLEMENTATION) && !defined(TANDEM_BUNDLE_IS_IMPLEMENTED)
#define TANDEM_BUNDLE_IS_IMPLEMENTED

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TANDEM_SUPERBLOCK_BYTES 4096u
#define TANDEM_BLOCK_BYTES 1048576u
#define TANDEM_DIGEST_BYTES 32u
#define TANDEM_MOST_MEMBERS 1024u
#define TANDEM_MOST_SECTIONS 4096u
#define TANDEM_MOST_PATH_BYTES 4096u
#define TANDEM_MOST_FRAME_BYTES 268435456u  // plain
#define TANDEM_MOST_RATIO 255u              // of plain bytes to those of an LZ4 frame

// Returns -1 with a formatted sentence from the enclosing function unless the condition holds.
#define TANDEM_CHECK(holds, ...) \
  do { if (!(holds)) return tandem_refuse(error, __VA_ARGS__); } while (0)
#define TANDEM_TRY(call) do { if ((call) != 0) return -1; } while (0)
// The same for a call whose sentences lack their subject: a record and its index.
#define TANDEM_TRY_FOR(what, index, call) \
  do { if ((call) != 0) return tandem_blame(error, what, index); } while (0)

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
static int tandem_refuse(tandem_error *error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return -1;
}

static int tandem_blame(tandem_error *error, const char *what, uint64_t index) {
  tandem_error bare = *error;
  return tandem_refuse(error, "%s %" PRIu64 ": %.200s", what, index, bare.text);
}

static uint32_t tandem_u16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static uint32_t tandem_u32(const uint8_t *p) { return tandem_u16(p) | tandem_u16(p + 2) << 16; }
static uint64_t tandem_u64(const uint8_t *p) {
  return tandem_u32(p) | (uint64_t)tandem_u32(p + 4) << 32;
}

static int tandem_is_power_of_two(uint32_t number) {
  return number != 0 && (number & (number - 1)) == 0;
}

static int tandem_is_zero(const uint8_t *bytes, uint64_t byte_count) {
  for (uint64_t i = 0; i < byte_count; i++)
    if (bytes[i] != 0) return 0;
  return 1;
}

static uint64_t tandem_block_count(uint64_t byte_count) {
  return byte_count / TANDEM_BLOCK_BYTES + (byte_count % TANDEM_BLOCK_BYTES != 0);
}

// SHA-256 (FIPS 180-4) and the digest `D`

typedef struct { uint32_t state[8]; uint64_t byte_count; uint8_t pending[64]; } tandem_sha256;

static uint32_t tandem_rotate(uint32_t x, unsigned count) { return x >> count | x << (32 - count); }

static void tandem_sha256_chunk(tandem_sha256 *hash, const uint8_t *chunk) {
  static const uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)chunk[4 * i] << 24 | (uint32_t)chunk[4 * i + 1] << 16
         | (uint32_t)chunk[4 * i + 2] << 8 | chunk[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (tandem_rotate(a, 7) ^ tandem_rotate(a, 18) ^ a >> 3)
         + w[i - 7] + (tandem_rotate(b, 17) ^ tandem_rotate(b, 19) ^ b >> 10);
  }
  memcpy(s, hash->state, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t a = s[0], e = s[4];
    uint32_t t1 = s[7] + (tandem_rotate(e, 6) ^ tandem_rotate(e, 11) ^ tandem_rotate(e, 25))
                + ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
    uint32_t t2 = (tandem_rotate(a, 2) ^ tandem_rotate(a, 13) ^ tandem_rotate(a, 22))
                + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) hash->state[i] += s[i];
}

static void tandem_sha256_begin(tandem_sha256 *hash) {
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(hash->state, start, sizeof start);
  hash->byte_count = 0;
}

static void tandem_sha256_add(tandem_sha256 *hash, const void *data, uint64_t byte_count) {
  const uint8_t *bytes = data;
  uint64_t used = hash->byte_count % 64;
  hash->byte_count += byte_count;
  while (byte_count > 0) {
    if (used == 0 && byte_count >= 64) {
      tandem_sha256_chunk(hash, bytes);
      bytes += 64;
      byte_count -= 64;
      continue;
    }
    uint64_t part = byte_count < 64 - used ? byte_count : 64 - used;
    memcpy(hash->pending + used, bytes, (size_t)part);
    bytes += part;
    byte_count -= part;
    used = (used + part) % 64;
    if (used == 0) tandem_sha256_chunk(hash, hash->pending);
  }
}

static void tandem_sha256_end(tandem_sha256 *hash, uint8_t digest[TANDEM_DIGEST_BYTES]) {
  static const uint8_t padding[64] = {0x80};
  uint64_t bit_count = 8 * hash->byte_count;
  uint8_t length[8];
  for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bit_count >> (56 - 8 * i));
  tandem_sha256_add(hash, padding, 1 + (119 - hash->byte_count % 64) % 64);
  tandem_sha256_add(hash, length, sizeof length);
  for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - i % 4 * 8));
}

static int tandem_has_sha256(const uint8_t *data, uint64_t byte_count, const uint8_t *digest) {
  tandem_sha256 hash;
  uint8_t found[TANDEM_DIGEST_BYTES];
  tandem_sha256_begin(&hash);
  tandem_sha256_add(&hash, data, byte_count);
  tandem_sha256_end(&hash, found);
  return memcmp(found, digest, sizeof found) == 0;
}

// Whether `digest` is D(data): the SHA-256 of the SHA-256 digests of its blocks.
static int tandem_has_digest(const uint8_t *data, uint64_t byte_count, const uint8_t *digest) {
  tandem_sha256 outer, inner;
  uint8_t found[TANDEM_DIGEST_BYTES];
  tandem_sha256_begin(&outer);
  for (uint64_t start = 0; start < byte_count; start += TANDEM_BLOCK_BYTES) {
    uint64_t rest = byte_count - start;
    tandem_sha256_begin(&inner);
    tandem_sha256_add(&inner, data + start, rest < TANDEM_BLOCK_BYTES ? rest : TANDEM_BLOCK_BYTES);
    tandem_sha256_end(&inner, found);
    tandem_sha256_add(&outer, found, sizeof found);
  }
  tandem_sha256_end(&outer, found);
  return memcmp(found, digest, sizeof found) == 0;
}

// Element types and roles

tandem_type tandem_type_of(uint32_t number) {
  static const tandem_type types[67] = {
    [1] = {"BOOL", 1, 1}, [2] = {"U8", 1, 1}, [3] = {"I8", 1, 1}, [4] = {"U16", 1, 2},
    [5] = {"I16", 1, 2}, [6] = {"U32", 1, 4}, [7] = {"I32", 1, 4}, [8] = {"U64", 1, 8},
    [9] = {"I64", 1, 8}, [10] = {"F16", 1, 2}, [11] = {"BF16", 1, 2}, [12] = {"F32", 1, 4},
    [13] = {"F64", 1, 8}, [14] = {"C64", 1, 8}, [15] = {"F8_E4M3", 1, 1},
    [16] = {"F8_E5M2", 1, 1}, [17] = {"F8_E8M0", 1, 1}, [18] = {"F8_E4M3FNUZ", 1, 1},
    [19] = {"F8_E5M2FNUZ", 1, 1}, [20] = {"F4", 2, 1}, [21] = {"F6_E2M3", 4, 3},
    [22] = {"F6_E3M2", 4, 3},
    [40] = {"Q4_0", 32, 18}, [41] = {"Q4_1", 32, 20}, [42] = {"Q5_0", 32, 22},
    [43] = {"Q5_1", 32, 24}, [44] = {"Q8_0", 32, 34}, [45] = {"Q8_1", 32, 36},
    [46] = {"Q2_K", 256, 84}, [47] = {"Q3_K", 256, 110}, [48] = {"Q4_K", 256, 144},
    [49] = {"Q5_K", 256, 176}, [50] = {"Q6_K", 256, 210}, [51] = {"Q8_K", 256, 292},
    [52] = {"IQ1_S", 256, 50}, [53] = {"IQ1_M", 256, 56}, [54] = {"IQ2_XXS", 256, 66},
    [55] = {"IQ2_XS", 256, 74}, [56] = {"IQ2_S", 256, 82}, [57] = {"IQ3_XXS", 256, 98},
    [58] = {"IQ3_S", 256, 110}, [59] = {"IQ4_NL", 32, 18}, [60] = {"IQ4_XS", 256, 136},
    [61] = {"TQ1_0", 256, 54}, [62] = {"TQ2_0", 256, 66}, [63] = {"MXFP4", 32, 17},
    [64] = {"NVFP4", 64, 36}, [65] = {"Q1_0", 128, 18}, [66] = {"Q2_0", 64, 18}};
  return types[number < 67 ? number : 0];
}

static int tandem_is_sub_byte(uint32_t type) { return type >= 20 && type <= 22; }

const char *tandem_role_name(uint32_t role) {
  static const char *const names[] = {0, "primary", "secondary", "projection", "router",
                                      "tokenizer"};
  return names[role <= TANDEM_TOKENIZER ? role : 0];
}

// Records

static const uint32_t tandem_record_bytes[TANDEM_TABLE_COUNT] = {128, 16, 24, 104, 24, 24, 8, 8, 1};

static const uint8_t *tandem_record(const tandem_bundle *bundle, int table, uint64_t index) {
  return bundle->table[table] + index * tandem_record_bytes[table];
}

// The range has been checked, or its byte count is 0.
static tandem_text tandem_text_at(const tandem_bundle *bundle, uint64_t offset, uint32_t count) {
  tandem_text text = {(const char *)bundle->table[TANDEM_STRINGS] + (count ? offset : 0), count};
  return text;
}

tandem_member tandem_member_at(const tandem_bundle *bundle, uint64_t index) {
  const uint8_t *r = tandem_record(bundle, TANDEM_MEMBERS, index);
  tandem_member member = {
    .role = tandem_u32(r), .name = tandem_text_at(bundle, tandem_u32(r + 4), tandem_u32(r + 8)),
    .first_tensor = tandem_u32(r + 12), .tensor_count = tandem_u32(r + 16),
    .first_field = tandem_u32(r + 20), .field_count = tandem_u32(r + 24),
    .tokenizer = tandem_u32(r + 28), .tensor_set_digest = r + 32, .config_digest = r + 64,
    .tokenizer_digest = r + 96};
  return member;
}

tandem_payload tandem_payload_at(const tandem_bundle *bundle, uint64_t index) {
  const uint8_t *r = tandem_record(bundle, TANDEM_PAYLOADS, index);
  tandem_payload payload = {tandem_u64(r), tandem_u64(r + 8), tandem_u32(r + 16),
                            tandem_u32(r + 20)};
  return payload;
}

tandem_tensor tandem_tensor_at(const tandem_bundle *bundle, uint64_t index) {
  const uint8_t *r = tandem_record(bundle, TANDEM_TENSORS, index);
  tandem_payload payload = tandem_payload_at(bundle, tandem_u32(r + 12));
  tandem_tensor tensor = {
    .name = tandem_text_at(bundle, tandem_u32(r), tandem_u16(r + 4)), .type = r[6], .rank = r[7],
    .first_dimension = tandem_u32(r + 8), .payload = tandem_u32(r + 12),
    .data = bundle->bytes + payload.offset, .offset = payload.offset,
    .byte_count = payload.byte_count};
  return tensor;
}

tandem_section tandem_section_at(const tandem_bundle *bundle, uint64_t index) {
  const uint8_t *r = tandem_record(bundle, TANDEM_SECTIONS, index);
  tandem_section section = {
    .kind = tandem_u32(r), .flags = tandem_u32(r + 4),
    .name = tandem_text_at(bundle, tandem_u32(r + 8), tandem_u32(r + 12)),
    .member = tandem_u32(r + 16), .data = bundle->bytes + tandem_u64(r + 24),
    .offset = tandem_u64(r + 24), .stored_byte_count = tandem_u64(r + 32),
    .byte_count = tandem_u64(r + 40), .digest = r + 48};
  return section;
}

tandem_relation tandem_relation_at(const tandem_bundle *bundle, uint64_t index) {
  const uint8_t *r = tandem_record(bundle, TANDEM_RELATIONS, index);
  tandem_relation relation = {tandem_text_at(bundle, tandem_u32(r), tandem_u32(r + 4)),
                              tandem_u32(r + 8), tandem_u32(r + 12), tandem_u32(r + 16),
                              tandem_u32(r + 20)};
  return relation;
}

tandem_field tandem_field_at(const tandem_bundle *bundle, uint64_t index) {
  const uint8_t *r = tandem_record(bundle, TANDEM_FIELDS, index);
  tandem_field field = {
    .key = tandem_text_at(bundle, tandem_u32(r), tandem_u16(r + 4)), .type = tandem_u16(r + 6),
    .value = tandem_u64(r + 8), .count = tandem_u32(r + 16)};
  field.text = tandem_text_at(bundle, field.value, field.type == 5 ? field.count : 0);
  return field;
}

uint64_t tandem_dimension_at(const tandem_bundle *bundle, uint64_t index) {
  return tandem_u64(tandem_record(bundle, TANDEM_DIMENSIONS, index));
}

uint64_t tandem_value_at(const tandem_bundle *bundle, uint64_t index) {
  return tandem_u64(tandem_record(bundle, TANDEM_VALUES, index));
}

// Text

// Returns the byte count of the valid UTF-8 character at p, of which `rest` bytes remain, or 0.
static uint64_t tandem_character_bytes(const uint8_t *p, uint64_t rest) {
  uint64_t count = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3
                 : p[0] < 0xF5 ? 4 : 0;
  if (count == 0 || count > rest) return 0;
  for (uint64_t i = 1; i < count; i++)
    if ((p[i] & 0xC0) != 0x80) return 0;
  // The second byte excludes overlong forms, surrogates and what lies above U+10FFFF.
  if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F)
      || (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F)) return 0;
  return count;
}

static int tandem_is_utf8(const uint8_t *bytes, uint64_t byte_count) {
  for (uint64_t i = 0, count; i < byte_count; i += count)
    if ((count = tandem_character_bytes(bytes + i, byte_count - i)) == 0) return 0;
  return 1;
}

// Whether no character of the pool, which is valid UTF-8, lies across the offset.
static int tandem_is_boundary(const tandem_bundle *bundle, uint64_t offset) {
  return offset == bundle->record_count[TANDEM_STRINGS]
         || (bundle->table[TANDEM_STRINGS][offset] & 0xC0) != 0x80;
}

static int tandem_check_text(const tandem_bundle *bundle, uint64_t offset, uint32_t byte_count,
                             const char *what, tandem_error *error) {
  uint64_t pool = bundle->record_count[TANDEM_STRINGS];
  TANDEM_CHECK(offset <= pool && byte_count <= pool - offset,
               "%s: lies outside the strings pool", what);
  TANDEM_CHECK(tandem_is_boundary(bundle, offset)
               && tandem_is_boundary(bundle, offset + byte_count),
               "%s: begins or ends inside a character", what);
  return 0;
}

// Returns a number below, equal to or above 0, as strcmp does.
static int tandem_compare(tandem_text a, tandem_text b) {
  uint32_t shorter = a.byte_count < b.byte_count ? a.byte_count : b.byte_count;
  int order = memcmp(a.bytes, b.bytes, shorter);
  return order != 0 ? order : (a.byte_count > b.byte_count) - (a.byte_count < b.byte_count);
}

static int tandem_is(tandem_text text, const char *other) {
  return text.byte_count == strlen(other) && memcmp(text.bytes, other, text.byte_count) == 0;
}

// Whether the path stays in the folder that it is relative to, on every system.
static int tandem_is_safe_path(tandem_text path) {
  uint32_t start = 0;
  if (path.byte_count > TANDEM_MOST_PATH_BYTES) return 0;
  for (uint32_t i = 0; i <= path.byte_count; i++) {
    uint8_t byte = i < path.byte_count ? (uint8_t)path.bytes[i] : '/';
    if (byte < 0x20 || byte == 0x7F || byte == '\\' || byte == ':') return 0;
    if (byte != '/') continue;
    tandem_text part = {path.bytes + start, i - start};
    if (part.byte_count == 0 || tandem_is(part, ".") || tandem_is(part, "..")) return 0;
    start = i + 1;
  }
  return 1;
}

// A text and what it is unique within.
typedef struct { tandem_text text; uint32_t kind, member; } tandem_name;

static int tandem_order_names(const void *first, const void *second) {
  const tandem_name *a = first, *b = second;
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->member != b->member) return a->member < b->member ? -1 : 1;
  return tandem_compare(a->text, b->text);
}

// Sorts the names; returns whether no two are equal.
static int tandem_are_unique(tandem_name *names, uint64_t count) {
  if (count > 1) qsort(names, (size_t)count, sizeof *names, tandem_order_names);
  for (uint64_t i = 1; i < count; i++)
    if (tandem_order_names(names + i - 1, names + i) == 0) return 0;
  return 1;
}

// Checks at open

static int tandem_check_superblock(tandem_bundle *bundle, tandem_error *error) {
  const uint8_t *s = bundle->bytes;
  TANDEM_CHECK(memcmp(s, "\x89TDM\r\n\x1a\n", 8) == 0, "magic: is not that of a bundle");
  TANDEM_CHECK(tandem_u32(s + 8) == 1, "version: is %" PRIu32 ", must be 1", tandem_u32(s + 8));
  TANDEM_CHECK(tandem_has_sha256(s, 4064, s + 4064), "superblock: its SHA-256 differs");
  TANDEM_CHECK(tandem_u32(s + 12) == TANDEM_SUPERBLOCK_BYTES, "superblock byte count: is not 4096");
  bundle->required_features = tandem_u64(s + 16);
  uint64_t unknown = bundle->required_features & ~(uint64_t)TANDEM_FEATURE_LZ4;
  TANDEM_CHECK(unknown == 0, "required features: bits 0x%" PRIx64 " are unknown", unknown);
  TANDEM_CHECK(tandem_u64(s + 32) == bundle->byte_count,
               "file byte count: is %" PRIu64 ", the file has %" PRIu64 " bytes",
               tandem_u64(s + 32), bundle->byte_count);
  TANDEM_CHECK(tandem_u64(s + 40) == 1, "generation: is %" PRIu64 ", must be 1",
               tandem_u64(s + 40));
  TANDEM_CHECK(tandem_u64(s + 48) == TANDEM_SUPERBLOCK_BYTES,
               "directory offset: is %" PRIu64 ", must be 4096", tandem_u64(s + 48));
  bundle->directory_byte_count = tandem_u64(s + 56);
  TANDEM_CHECK(bundle->directory_byte_count >= 144 && bundle->directory_byte_count <= 1073741824,
               "directory byte count: is %" PRIu64 ", must be 144 to 1073741824",
               bundle->directory_byte_count);
  uint32_t alignment = bundle->section_alignment = tandem_u32(s + 96);
  TANDEM_CHECK(tandem_is_power_of_two(alignment) && alignment >= 64 && alignment <= 2097152,
               "section alignment: is %" PRIu32 ", must be a power of two from 64 to 2097152",
               alignment);
  uint32_t tensor_alignment = bundle->tensor_alignment = tandem_u32(s + 100);
  TANDEM_CHECK(tandem_is_power_of_two(tensor_alignment) && tensor_alignment >= 64
               && tensor_alignment <= alignment,
               "tensor alignment: is %" PRIu32 ", must be a power of two from 64 to %" PRIu32,
               tensor_alignment, alignment);
  TANDEM_CHECK(tandem_is_zero(s + 104, 3960), "superblock: bytes 104 to 4063 are not all zero");
  return 0;
}

static int tandem_check_directory(tandem_bundle *bundle, tandem_error *error) {
  static const char *const names[TANDEM_TABLE_COUNT] = {
    "members", "tensors", "payloads", "sections", "relations", "fields", "dimensions", "values",
    "strings"};
  const uint8_t *directory = bundle->bytes + TANDEM_SUPERBLOCK_BYTES;
  uint64_t byte_count = bundle->directory_byte_count, end = 144;
  TANDEM_CHECK(byte_count <= bundle->byte_count - TANDEM_SUPERBLOCK_BYTES,
               "directory: ends after the end of the file");
  TANDEM_CHECK(tandem_has_digest(directory, byte_count, bundle->bytes + 64),
               "directory: its digest differs");
  for (int table = 0; table < TANDEM_TABLE_COUNT; table++) {
    uint64_t offset = tandem_u64(directory + 16 * table);
    uint64_t count = tandem_u64(directory + 16 * table + 8);
    TANDEM_CHECK(offset == end, "table %s: starts at %" PRIu64 ", must start at %" PRIu64,
                 names[table], offset, end);
    uint64_t room = (byte_count - offset) / tandem_record_bytes[table];
    TANDEM_CHECK(count <= room, "table %s: has %" PRIu64 " records, there is room for %" PRIu64,
                 names[table], count, room);
    bundle->table[table] = directory + offset;
    bundle->record_count[table] = count;
    end = offset + count * tandem_record_bytes[table];
  }
  TANDEM_CHECK(end == byte_count, "table strings: ends at %" PRIu64 ", the directory at %" PRIu64,
               end, byte_count);
  uint64_t text_byte_count = bundle->record_count[TANDEM_STRINGS];
  TANDEM_CHECK(tandem_is_utf8(bundle->table[TANDEM_STRINGS], text_byte_count),
               "table strings: is not valid UTF-8");
  TANDEM_CHECK(!memchr(bundle->table[TANDEM_STRINGS], 0, (size_t)text_byte_count),
               "table strings: has a NUL");
  return 0;
}

static int tandem_check_tokenizer(const tandem_bundle *bundle, tandem_member member,
                                  tandem_error *error) {
  if (member.tokenizer == TANDEM_NONE) {
    TANDEM_CHECK(member.role == TANDEM_TOKENIZER
                 || tandem_is_zero(member.tokenizer_digest, TANDEM_DIGEST_BYTES),
                 "has a tokenizer digest but no tokenizer");
    return 0;
  }
  TANDEM_CHECK(member.role != TANDEM_TOKENIZER, "is a tokenizer and uses another");
  TANDEM_CHECK(member.tokenizer < bundle->record_count[TANDEM_MEMBERS],
               "tokenizer %" PRIu32 " is no member", member.tokenizer);
  const uint8_t *tokenizer = tandem_record(bundle, TANDEM_MEMBERS, member.tokenizer);
  TANDEM_CHECK(tandem_u32(tokenizer) == TANDEM_TOKENIZER, "member %" PRIu32 " is no tokenizer",
               member.tokenizer);
  TANDEM_CHECK(memcmp(member.tokenizer_digest, tokenizer + 96, TANDEM_DIGEST_BYTES) == 0,
               "its tokenizer digest is not that of its tokenizer");
  return 0;
}

static int tandem_check_member(const tandem_bundle *bundle, uint64_t index, uint64_t first_tensor,
                               tandem_error *error) {
  const uint8_t *r = tandem_record(bundle, TANDEM_MEMBERS, index);
  uint32_t role = tandem_u32(r), name_byte_count = tandem_u32(r + 8);
  uint32_t last_role = index > 0 ? tandem_member_at(bundle, index - 1).role : 0;
  TANDEM_CHECK(role >= TANDEM_PRIMARY && role <= TANDEM_TOKENIZER, "role %" PRIu32 " is unknown",
               role);
  TANDEM_CHECK(role >= last_role, "does not lie in order of role");
  TANDEM_CHECK(role != last_role || role == TANDEM_TOKENIZER, "is a second one of role %" PRIu32,
               role);
  TANDEM_CHECK(name_byte_count >= 1 && name_byte_count <= 255,
               "its name has %" PRIu32 " bytes, must have 1 to 255", name_byte_count);
  TANDEM_TRY(tandem_check_text(bundle, tandem_u32(r + 4), name_byte_count, "name", error));
  tandem_member member = tandem_member_at(bundle, index);
  for (uint64_t other = 0; other < index; other++)
    TANDEM_CHECK(tandem_compare(tandem_member_at(bundle, other).name, member.name) != 0,
                 "its name is that of another member");
  TANDEM_CHECK(member.first_tensor == first_tensor,
               "its first tensor is %" PRIu32 ", must be %" PRIu64, member.first_tensor,
               first_tensor);
  return tandem_check_tokenizer(bundle, member, error);
}

static int tandem_check_members(const tandem_bundle *bundle, tandem_error *error) {
  uint64_t next_tensor = 0, count = bundle->record_count[TANDEM_MEMBERS];
  TANDEM_CHECK(count <= TANDEM_MOST_MEMBERS, "members: are %" PRIu64 ", must be at most %" PRIu32,
               count, TANDEM_MOST_MEMBERS);
  for (uint64_t index = 0; index < count; index++) {
    TANDEM_TRY_FOR("member", index, tandem_check_member(bundle, index, next_tensor, error));
    next_tensor += tandem_member_at(bundle, index).tensor_count;
  }
  TANDEM_CHECK(next_tensor == bundle->record_count[TANDEM_TENSORS],
               "members: have %" PRIu64 " tensors, the table has %" PRIu64, next_tensor,
               bundle->record_count[TANDEM_TENSORS]);
  return 0;
}

// Checks a relation; `seen` has a bit for each kind that stood before.
static int tandem_check_relation(const tandem_bundle *bundle, uint64_t index, uint32_t *seen,
                                 tandem_error *error) {
  static const struct { const char *name; uint32_t from, to; } kinds[] = {
    {"tandem", TANDEM_SECONDARY, TANDEM_PRIMARY}, {"independent", TANDEM_SECONDARY, TANDEM_PRIMARY},
    {"projection", TANDEM_PROJECTION, TANDEM_PRIMARY}, {"router", TANDEM_ROUTER, TANDEM_SECONDARY}};
  const uint8_t *r = tandem_record(bundle, TANDEM_RELATIONS, index);
  TANDEM_TRY(tandem_check_text(bundle, tandem_u32(r), tandem_u32(r + 4), "kind", error));
  tandem_relation relation = tandem_relation_at(bundle, index);
  int kind = 0;
  while (kind < 4 && !tandem_is(relation.kind, kinds[kind].name)) kind++;
  TANDEM_CHECK(kind < 4, "its kind is unknown");
  TANDEM_CHECK(!(*seen >> kind & 1), "is a second one of its kind");
  *seen |= 1u << kind;
  for (int side = 0; side < 2; side++) {
    uint32_t member = side == 0 ? relation.from : relation.to;
    uint32_t role = side == 0 ? kinds[kind].from : kinds[kind].to;
    TANDEM_CHECK(member < bundle->record_count[TANDEM_MEMBERS], "%" PRIu32 " is no member", member);
    TANDEM_CHECK(tandem_member_at(bundle, member).role == role, "member %" PRIu32 " is no %s",
                 member, tandem_role_name(role));
  }
  return 0;
}

static int tandem_check_relations(const tandem_bundle *bundle, tandem_error *error) {
  uint32_t seen = 0;
  for (uint64_t index = 0; index < bundle->record_count[TANDEM_RELATIONS]; index++)
    TANDEM_TRY_FOR("relation", index, tandem_check_relation(bundle, index, &seen, error));
  return 0;
}

static int tandem_check_field(const tandem_bundle *bundle, uint64_t index, int is_first,
                              tandem_error *error) {
  const uint8_t *r = tandem_record(bundle, TANDEM_FIELDS, index);
  uint32_t key_byte_count = tandem_u16(r + 4), type = tandem_u16(r + 6), count = tandem_u32(r + 16);
  uint64_t value = tandem_u64(r + 8), pool = bundle->record_count[TANDEM_VALUES];
  TANDEM_CHECK(key_byte_count >= 1, "its key is empty");
  TANDEM_TRY(tandem_check_text(bundle, tandem_u32(r), key_byte_count, "key", error));
  TANDEM_CHECK(type >= 1 && type <= 6, "type %" PRIu32 " is unknown", type);
  TANDEM_CHECK(tandem_u32(r + 20) == 0, "bytes 20 to 23 are not zero");
  if (type == 5) TANDEM_TRY(tandem_check_text(bundle, value, count, "value", error));
  TANDEM_CHECK(type != 6 || (value <= pool && count <= pool - value),
               "its list lies outside the values pool");
  TANDEM_CHECK(type >= 5 || count == 0, "count is %" PRIu32 ", must be 0", count);
  TANDEM_CHECK(type != 4 || value <= 1, "its truth value is %" PRIu64 ", must be 0 or 1", value);
  TANDEM_CHECK(is_first || tandem_compare(tandem_field_at(bundle, index - 1).key,
                                          tandem_field_at(bundle, index).key) < 0,
               "its key does not ascend");
  return 0;
}

// Checks the fields of one member or relation; `next_field` is where they must begin.
static int tandem_check_owner(const tandem_bundle *bundle, const char *what, uint64_t owner,
                              uint32_t first, uint32_t count, uint64_t *next_field,
                              tandem_error *error) {
  uint64_t total = bundle->record_count[TANDEM_FIELDS];
  TANDEM_CHECK(first == *next_field,
               "%s %" PRIu64 ": its first field is %" PRIu32 ", must be %" PRIu64, what, owner,
               first, *next_field);
  *next_field += count;
  TANDEM_CHECK(*next_field <= total,
               "%s %" PRIu64 ": its fields end at %" PRIu64 ", the table has %" PRIu64, what, owner,
               *next_field, total);
  for (uint64_t index = first; index < *next_field; index++)
    TANDEM_TRY_FOR("field", index, tandem_check_field(bundle, index, index == first, error));
  return 0;
}

static int tandem_check_fields(const tandem_bundle *bundle, tandem_error *error) {
  uint64_t next_field = 0;
  for (uint64_t index = 0; index < bundle->record_count[TANDEM_MEMBERS]; index++) {
    tandem_member member = tandem_member_at(bundle, index);
    TANDEM_TRY(tandem_check_owner(bundle, "member", index, member.first_field, member.field_count,
                                  &next_field, error));
  }
  for (uint64_t index = 0; index < bundle->record_count[TANDEM_RELATIONS]; index++) {
    tandem_relation relation = tandem_relation_at(bundle, index);
    TANDEM_TRY(tandem_check_owner(bundle, "relation", index, relation.first_field,
                                  relation.field_count, &next_field, error));
  }
  TANDEM_CHECK(next_field == bundle->record_count[TANDEM_FIELDS],
               "fields: %" PRIu64 " are used, the table has %" PRIu64, next_field,
               bundle->record_count[TANDEM_FIELDS]);
  return 0;
}

// Checks what a section is; where it lies is left to tandem_check_place.
static int tandem_check_section(const tandem_bundle *bundle, uint64_t index, tandem_error *error) {
  const uint8_t *r = tandem_record(bundle, TANDEM_SECTIONS, index);
  uint32_t kind = tandem_u32(r), flags = tandem_u32(r + 4), member = tandem_u32(r + 16);
  uint64_t stored_byte_count = tandem_u64(r + 32), byte_count = tandem_u64(r + 40);
  TANDEM_CHECK(kind >= TANDEM_KIND_TENSOR_DATA && kind <= TANDEM_KIND_FILE_MAP,
               "kind %" PRIu32 " is unknown", kind);
  TANDEM_CHECK(flags == 0 || (flags == 1 && kind > TANDEM_KIND_MANIFEST),
               "flags 0x%" PRIx32 " are not allowed for kind %" PRIu32, flags, kind);
  TANDEM_CHECK(tandem_u32(r + 12) == 0 || kind == TANDEM_KIND_DOCUMENT
               || kind == TANDEM_KIND_HEADER,
               "has a name, kind %" PRIu32 " has none", kind);
  TANDEM_TRY(tandem_check_text(bundle, tandem_u32(r + 8), tandem_u32(r + 12), "name", error));
  tandem_text name = tandem_text_at(bundle, tandem_u32(r + 8), tandem_u32(r + 12));
  TANDEM_CHECK((kind != TANDEM_KIND_DOCUMENT && kind != TANDEM_KIND_HEADER)
               || tandem_is_safe_path(name), "name: is no safe relative path");
  TANDEM_CHECK(member < bundle->record_count[TANDEM_MEMBERS] || member == TANDEM_NONE,
               "member %" PRIu32 " is no member", member);
  int is_of_bundle = kind == TANDEM_KIND_BLOCK_DIGESTS || kind == TANDEM_KIND_MANIFEST;
  TANDEM_CHECK(member != TANDEM_NONE || is_of_bundle || kind == TANDEM_KIND_DOCUMENT,
               "belongs to no member, kind %" PRIu32 " must", kind);
  TANDEM_CHECK(member == TANDEM_NONE || !is_of_bundle,
               "belongs to a member, kind %" PRIu32 " must not", kind);
  TANDEM_CHECK(tandem_u32(r + 20) == 0 && tandem_is_zero(r + 80, 24),
               "bytes 20 to 23 or 80 to 103 are not zero");
  TANDEM_CHECK(flags == 1 || byte_count == stored_byte_count,
               "has %" PRIu64 " plain bytes, %" PRIu64 " stored ones", byte_count,
               stored_byte_count);
  TANDEM_CHECK(byte_count / TANDEM_MOST_RATIO + (byte_count % TANDEM_MOST_RATIO != 0)
               <= stored_byte_count,
               "has %" PRIu64 " plain bytes, more than 255 times the %" PRIu64 " stored ones",
               byte_count, stored_byte_count);
  TANDEM_CHECK(flags == 0 || byte_count <= TANDEM_MOST_FRAME_BYTES,
               "has %" PRIu64 " plain bytes, a frame must have at most 268435456", byte_count);
  if (kind == TANDEM_KIND_FILE_MAP) {
    uint64_t most = 4194304 + 64 * (uint64_t)tandem_member_at(bundle, member).tensor_count;
    TANDEM_CHECK(byte_count <= most,
                 "is a file map of %" PRIu64 " bytes, must have at most %" PRIu64, byte_count,
                 most);
  }
  TANDEM_CHECK(kind != TANDEM_KIND_TENSOR_DATA || tandem_is_zero(r + 48, TANDEM_DIGEST_BYTES),
               "its digest is not zero");
  return 0;
}

// Checks where a section lies; what is before it ends at `end`.
static int tandem_check_place(const tandem_bundle *bundle, uint64_t index, uint64_t end,
                              tandem_error *error) {
  // The place of each kind in the order of sections.
  static const uint8_t places[TANDEM_KIND_FILE_MAP + 1] = {0, 3, 1, 4, 2, 2, 2, 2, 2};
  const uint8_t *r = tandem_record(bundle, TANDEM_SECTIONS, index);
  uint32_t kind = tandem_u32(r);
  uint32_t alignment = kind == TANDEM_KIND_TENSOR_DATA ? bundle->section_alignment : 64;
  uint32_t last_kind = index > 0 ? tandem_section_at(bundle, index - 1).kind : 0;
  uint64_t offset = tandem_u64(r + 24), stored_byte_count = tandem_u64(r + 32);
  TANDEM_CHECK(places[kind] >= places[last_kind],
               "kind %" PRIu32 " must not stand behind kind %" PRIu32, kind, last_kind);
  TANDEM_CHECK(offset % alignment == 0, "offset %" PRIu64 " is not a multiple of %" PRIu32, offset,
               alignment);
  TANDEM_CHECK(offset >= end, "starts at %" PRIu64 ", the part before it ends at %" PRIu64, offset,
               end);
  TANDEM_CHECK(offset - end < alignment,
               "lies behind a gap of %" PRIu64 " bytes, must be fewer than %" PRIu32, offset - end,
               alignment);
  TANDEM_CHECK(offset <= bundle->byte_count && stored_byte_count <= bundle->byte_count - offset,
               "ends after the end of the file");
  return 0;
}

static int tandem_check_section_names(const tandem_bundle *bundle, tandem_error *error) {
  uint64_t count = bundle->record_count[TANDEM_SECTIONS];
  tandem_name *names = malloc((size_t)count * sizeof *names);
  TANDEM_CHECK(names, "sections: there is no memory to compare their names");
  for (uint64_t index = 0; index < count; index++) {
    tandem_section section = tandem_section_at(bundle, index);
    names[index] = (tandem_name){section.name, section.kind, section.member};
  }
  int are_unique = tandem_are_unique(names, count);
  free(names);
  TANDEM_CHECK(are_unique, "sections: two of one kind and member have the same name");
  return 0;
}

static int tandem_check_sections(tandem_bundle *bundle, tandem_error *error) {
  uint64_t end = TANDEM_SUPERBLOCK_BYTES + bundle->directory_byte_count;
  uint64_t kind_count[TANDEM_KIND_FILE_MAP + 1] = {0};
  uint32_t all_flags = 0;
  TANDEM_CHECK(bundle->record_count[TANDEM_SECTIONS] <= TANDEM_MOST_SECTIONS,
               "sections: are %" PRIu64 ", must be at most 4096",
               bundle->record_count[TANDEM_SECTIONS]);
  for (uint64_t index = 0; index < bundle->record_count[TANDEM_SECTIONS]; index++) {
    TANDEM_TRY_FOR("section", index, tandem_check_section(bundle, index, error));
    TANDEM_TRY_FOR("section", index, tandem_check_place(bundle, index, end, error));
    tandem_section section = tandem_section_at(bundle, index);
    end = section.offset + section.stored_byte_count;
    all_flags |= section.flags;
    kind_count[section.kind]++;
  }
  TANDEM_CHECK(end == bundle->byte_count, "sections: end at %" PRIu64 ", the file at %" PRIu64, end,
               bundle->byte_count);
  TANDEM_CHECK(all_flags == (bundle->required_features & TANDEM_FEATURE_LZ4),
               "required features: bit 0 does not say whether a section is an LZ4 frame");
  TANDEM_CHECK(kind_count[TANDEM_KIND_BLOCK_DIGESTS] == 1,
               "sections: %" PRIu64 " hold block digests, must be 1",
               kind_count[TANDEM_KIND_BLOCK_DIGESTS]);
  TANDEM_CHECK(kind_count[TANDEM_KIND_MANIFEST] == 1,
               "sections: %" PRIu64 " hold a manifest, must be 1",
               kind_count[TANDEM_KIND_MANIFEST]);
  bundle->manifest = bundle->record_count[TANDEM_SECTIONS] - 1;
  bundle->tensor_sections = bundle->manifest - kind_count[TANDEM_KIND_TENSOR_DATA];
  return tandem_check_section_names(bundle, error);
}

static int tandem_lies_in(tandem_payload payload, tandem_section section) {
  return payload.offset >= section.offset
         && payload.offset - section.offset <= section.byte_count
         && payload.byte_count <= section.byte_count - (payload.offset - section.offset);
}

// Checks a payload; `home` moves on to the section that it lies in.
static int tandem_check_payload(const tandem_bundle *bundle, uint64_t index, uint64_t end,
                                uint64_t first_block, uint64_t *home, tandem_error *error) {
  tandem_payload payload = tandem_payload_at(bundle, index);
  TANDEM_CHECK(payload.offset % bundle->tensor_alignment == 0,
               "offset %" PRIu64 " is not a multiple of %" PRIu32, payload.offset,
               bundle->tensor_alignment);
  TANDEM_CHECK(payload.offset >= end, "starts at %" PRIu64 ", the one before ends at %" PRIu64,
               payload.offset, end);
  TANDEM_CHECK(payload.encoding == 0, "encoding %" PRIu32 " is unknown", payload.encoding);
  TANDEM_CHECK(payload.first_block == first_block,
               "its first block is %" PRIu32 ", must be %" PRIu64, payload.first_block,
               first_block);
  while (*home < bundle->manifest && !tandem_lies_in(payload, tandem_section_at(bundle, *home)))
    ++*home;
  TANDEM_CHECK(*home < bundle->manifest, "lies outside the sections of tensor data");
  return 0;
}

static int tandem_check_payloads(const tandem_bundle *bundle, tandem_error *error) {
  uint64_t end = 0, block_count = 0, home = bundle->tensor_sections;
  for (uint64_t index = 0; index < bundle->record_count[TANDEM_PAYLOADS]; index++) {
    TANDEM_TRY_FOR("payload", index,
                   tandem_check_payload(bundle, index, end, block_count, &home, error));
    tandem_payload payload = tandem_payload_at(bundle, index);
    end = payload.offset + payload.byte_count;
    block_count += tandem_block_count(payload.byte_count);
  }
  tandem_section blocks = tandem_section_at(bundle, 0);
  TANDEM_CHECK(blocks.byte_count == block_count * TANDEM_DIGEST_BYTES,
               "block digests: have %" PRIu64 " bytes, %" PRIu64 " are needed", blocks.byte_count,
               block_count * TANDEM_DIGEST_BYTES);
  return 0;
}

// Checks type and shape, and that the payload has as many bytes. A zero dimension does not hide an
// overflow of the others.
static int tandem_check_shape(const tandem_bundle *bundle, tandem_tensor tensor,
                              tandem_error *error) {
  tandem_type type = tandem_type_of(tensor.type);
  TANDEM_CHECK(type.name, "element type %" PRIu32 " is unknown", tensor.type);
  TANDEM_CHECK(tensor.rank <= 64, "rank is %" PRIu32 ", must be at most 64", tensor.rank);
  TANDEM_CHECK((uint64_t)tensor.first_dimension + tensor.rank
               <= bundle->record_count[TANDEM_DIMENSIONS],
               "its shape lies outside the dimensions pool");
  uint64_t element_count = 1, last = 1;
  int is_empty = 0, is_too_large = 0;
  for (uint32_t axis = 0; axis < tensor.rank; axis++) {
    last = tandem_dimension_at(bundle, tensor.first_dimension + axis);
    is_empty |= last == 0;
    if (last == 0) continue;
    is_too_large |= element_count > INT64_MAX / last;
    element_count *= last;
  }
  uint64_t block_count = element_count / type.block_element_count;
  TANDEM_CHECK(!is_too_large && block_count <= INT64_MAX / type.block_byte_count,
               "has more than 2^63-1 elements or bytes");
  uint64_t filled = !tandem_is_sub_byte(tensor.type) ? last : is_empty ? 0 : element_count;
  TANDEM_CHECK(filled % type.block_element_count == 0,
               "%" PRIu64 " elements do not fill blocks of %" PRIu32, filled,
               type.block_element_count);
  uint64_t byte_count = is_empty ? 0 : block_count * type.block_byte_count;
  TANDEM_CHECK(byte_count == tensor.byte_count,
               "needs %" PRIu64 " bytes, its payload has %" PRIu64, byte_count, tensor.byte_count);
  return 0;
}

static int tandem_check_tensor(const tandem_bundle *bundle, uint64_t index, int is_first,
                               tandem_error *error) {
  const uint8_t *r = tandem_record(bundle, TANDEM_TENSORS, index);
  TANDEM_CHECK(tandem_u16(r + 4) >= 1, "its name is empty");
  TANDEM_TRY(tandem_check_text(bundle, tandem_u32(r), tandem_u16(r + 4), "name", error));
  TANDEM_CHECK(tandem_u32(r + 12) < bundle->record_count[TANDEM_PAYLOADS],
               "payload %" PRIu32 " does not exist", tandem_u32(r + 12));
  tandem_tensor tensor = tandem_tensor_at(bundle, index);
  TANDEM_CHECK(is_first || tandem_compare(tandem_tensor_at(bundle, index - 1).name,
                                          tensor.name) < 0, "its name does not ascend");
  return tandem_check_shape(bundle, tensor, error);
}

// Returns the section of the tensor data of a member, which has at most one, or an empty one.
static tandem_section tandem_home_of(const tandem_bundle *bundle, uint64_t member) {
  uint64_t index = bundle->tensor_sections;
  while (index < bundle->manifest && tandem_section_at(bundle, index).member != member) index++;
  tandem_section none = {0};
  return index < bundle->manifest ? tandem_section_at(bundle, index) : none;
}

// Checks that each payload is used by the member in whose section it lies. The used ones are marked
// in windows of a fixed size, so that nothing is allocated.
static int tandem_check_use(const tandem_bundle *bundle, tandem_error *error) {
  uint8_t is_used[65536];
  uint64_t payload_count = bundle->record_count[TANDEM_PAYLOADS];
  for (uint64_t first = 0; first < payload_count; first += 8 * sizeof is_used) {
    memset(is_used, 0, sizeof is_used);
    for (uint64_t owner = 0; owner < bundle->record_count[TANDEM_MEMBERS]; owner++) {
      tandem_member member = tandem_member_at(bundle, owner);
      tandem_section home = tandem_home_of(bundle, owner);
      for (uint64_t i = 0; i < member.tensor_count; i++) {
        uint32_t payload = tandem_tensor_at(bundle, member.first_tensor + i).payload;
        uint64_t place = payload - first;  // very large in front of the window
        if (place < 8 * sizeof is_used && tandem_lies_in(tandem_payload_at(bundle, payload), home))
          is_used[place / 8] |= (uint8_t)(1 << place % 8);
      }
    }
    for (uint64_t i = 0; i < 8 * sizeof is_used && i < payload_count - first; i++)
      TANDEM_CHECK(is_used[i / 8] >> i % 8 & 1,
                   "payload %" PRIu64 ": no member uses it in whose section it lies", first + i);
  }
  return 0;
}

static int tandem_check_tensors(const tandem_bundle *bundle, tandem_error *error) {
  for (uint64_t owner = 0; owner < bundle->record_count[TANDEM_MEMBERS]; owner++) {
    tandem_member member = tandem_member_at(bundle, owner);
    uint64_t end = (uint64_t)member.first_tensor + member.tensor_count;
    for (uint64_t index = member.first_tensor; index < end; index++)
      TANDEM_TRY_FOR("tensor", index,
                     tandem_check_tensor(bundle, index, index == member.first_tensor, error));
  }
  return tandem_check_use(bundle, error);
}

// Maps the file; the descriptor is closed again in every case.
static int tandem_map(tandem_bundle *bundle, const char *path, tandem_error *error) {
  memset(bundle, 0, sizeof *bundle);
  int descriptor = open(path, O_RDONLY);
  TANDEM_CHECK(descriptor >= 0, "%s", strerror(errno));
  struct stat status;
  int has_status = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  uint64_t byte_count = has_status ? (uint64_t)status.st_size : 0;
  void *bytes = MAP_FAILED;
  if (byte_count >= TANDEM_SUPERBLOCK_BYTES && byte_count <= SIZE_MAX)
    bytes = mmap(0, (size_t)byte_count, PROT_READ, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  TANDEM_CHECK(has_status, "superblock: the path is not that of a file");
  TANDEM_CHECK(byte_count >= TANDEM_SUPERBLOCK_BYTES,
               "superblock: the file has %" PRIu64 " of its 4096 bytes", byte_count);
  TANDEM_CHECK(bytes != MAP_FAILED, "superblock: the file cannot be mapped");
  bundle->bytes = bytes;
  bundle->byte_count = byte_count;
  return 0;
}

int tandem_open(tandem_bundle *bundle, const char *path, tandem_error *error) {
  TANDEM_TRY(tandem_map(bundle, path, error));
  if (tandem_check_superblock(bundle, error) != 0 || tandem_check_directory(bundle, error) != 0
      || tandem_check_members(bundle, error) != 0 || tandem_check_relations(bundle, error) != 0
      || tandem_check_fields(bundle, error) != 0 || tandem_check_sections(bundle, error) != 0
      || tandem_check_payloads(bundle, error) != 0 || tandem_check_tensors(bundle, error) != 0) {
    tandem_close(bundle);
    return -1;
  }
  return 0;
}

void tandem_close(tandem_bundle *bundle) {
  if (bundle->bytes) munmap((void *)(uintptr_t)bundle->bytes, (size_t)bundle->byte_count);
  memset(bundle, 0, sizeof *bundle);
}

#endif
