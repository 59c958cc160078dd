// Verifies an open `.tandem` bundle (schemas/bundle.md): C99 and POSIX, after tandem_bundle.h.
//
//   #define TANDEM_BUNDLE_IMPLEMENTATION
//   #include "tandem_verify.h"
//
//   if (tandem_verify(&bundle, &error) != 0) puts(error.text);
//
// The frame around LZ4 blocks is checked, not what they decode to; the manifest is checked against
// its digest, not against the directory.
#ifndef TANDEM_VERIFY_H
#define TANDEM_VERIFY_H

#include "tandem_bundle.h"

// Checks all digests, padding, templates, file maps and the structure of LZ4 frames. Returns 0, or
// -1 and a sentence. Reads the whole file.
int tandem_verify(const tandem_bundle *bundle, tandem_error *error);

#endif

#if defined(TANDEM_BUNDLE_IMPLEMENTATION) && !defined(TANDEM_VERIFY_IS_IMPLEMENTED)
#define TANDEM_VERIFY_IS_IMPLEMENTED

static int tandem_verify_payload(const tandem_bundle *bundle, uint64_t index, tandem_error *error) {
  tandem_payload payload = tandem_payload_at(bundle, index);
  const uint8_t *data = bundle->bytes + payload.offset;
  const uint8_t *digests = tandem_section_at(bundle, 0).data;
  for (uint64_t block = 0; block < tandem_block_count(payload.byte_count); block++) {
    uint64_t start = block * TANDEM_BLOCK_BYTES, rest = payload.byte_count - start;
    TANDEM_CHECK(tandem_has_sha256(data + start,
                                   rest < TANDEM_BLOCK_BYTES ? rest : TANDEM_BLOCK_BYTES,
                                   digests + (payload.first_block + block) * TANDEM_DIGEST_BYTES),
                 "the digest of block %" PRIu64 " differs", block);
  }
  return 0;
}

static int tandem_verify_payloads(const tandem_bundle *bundle, tandem_error *error) {
  for (uint64_t index = 0; index < bundle->record_count[TANDEM_PAYLOADS]; index++)
    TANDEM_TRY_FOR("payload", index, tandem_verify_payload(bundle, index, error));
  return 0;
}

static int tandem_check_zero(const tandem_bundle *bundle, uint64_t start, uint64_t end,
                             tandem_error *error) {
  TANDEM_CHECK(tandem_is_zero(bundle->bytes + start, end - start),
               "padding: bytes %" PRIu64 " to %" PRIu64 " are not all zero", start, end - 1);
  return 0;
}

static int tandem_verify_padding(const tandem_bundle *bundle, tandem_error *error) {
  uint64_t end = TANDEM_SUPERBLOCK_BYTES + bundle->directory_byte_count, payload_index = 0;
  for (uint64_t index = 0; index < bundle->record_count[TANDEM_SECTIONS]; index++) {
    tandem_section section = tandem_section_at(bundle, index);
    TANDEM_TRY(tandem_check_zero(bundle, end, section.offset, error));
    end = section.offset + section.stored_byte_count;
    if (section.kind != TANDEM_KIND_TENSOR_DATA) continue;
    uint64_t start = section.offset;
    for (; payload_index < bundle->record_count[TANDEM_PAYLOADS]; payload_index++) {
      tandem_payload payload = tandem_payload_at(bundle, payload_index);
      if (payload.offset + payload.byte_count > end) break;
      TANDEM_TRY(tandem_check_zero(bundle, start, payload.offset, error));
      start = payload.offset + payload.byte_count;
    }
    TANDEM_TRY(tandem_check_zero(bundle, start, end, error));
  }
  return 0;
}

static void tandem_sha256_add_u32(tandem_sha256 *hash, uint32_t number) {
  uint8_t bytes[4];
  for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(number >> 8 * i);
  tandem_sha256_add(hash, bytes, sizeof bytes);
}

static void tandem_add_tensor(const tandem_bundle *bundle, uint64_t index, tandem_sha256 *hash) {
  tandem_tensor tensor = tandem_tensor_at(bundle, index);
  tandem_payload payload = tandem_payload_at(bundle, tensor.payload);
  const uint8_t *blocks = tandem_section_at(bundle, 0).data;
  uint8_t digest[TANDEM_DIGEST_BYTES];
  tandem_sha256 payload_hash;
  tandem_sha256_begin(&payload_hash);
  tandem_sha256_add(&payload_hash, blocks + (uint64_t)payload.first_block * TANDEM_DIGEST_BYTES,
                    tandem_block_count(payload.byte_count) * TANDEM_DIGEST_BYTES);
  tandem_sha256_end(&payload_hash, digest);
  tandem_sha256_add_u32(hash, tensor.name.byte_count);
  tandem_sha256_add(hash, tensor.name.bytes, tensor.name.byte_count);
  tandem_sha256_add_u32(hash, tensor.type);
  tandem_sha256_add_u32(hash, tensor.rank);
  tandem_sha256_add(hash, tandem_record(bundle, TANDEM_DIMENSIONS, tensor.first_dimension),
                    8 * tensor.rank);
  tandem_sha256_add(hash, digest, sizeof digest);
}

static void tandem_add_field(const tandem_bundle *bundle, uint64_t index, tandem_sha256 *hash) {
  tandem_field field = tandem_field_at(bundle, index);
  tandem_sha256_add_u32(hash, field.key.byte_count);
  tandem_sha256_add(hash, field.key.bytes, field.key.byte_count);
  tandem_sha256_add_u32(hash, field.type);
  tandem_sha256_add_u32(hash, field.count);
  if (field.type == 5)
    tandem_sha256_add(hash, field.text.bytes, field.text.byte_count);
  else if (field.type == 6)
    tandem_sha256_add(hash, tandem_record(bundle, TANDEM_VALUES, field.value),
                      8 * (uint64_t)field.count);
  else
    tandem_sha256_add(hash, tandem_record(bundle, TANDEM_FIELDS, index) + 8, 8);
}

static int tandem_verify_member(const tandem_bundle *bundle, tandem_member member,
                                tandem_error *error) {
  uint8_t digest[TANDEM_DIGEST_BYTES] = {0};
  tandem_sha256 hash;
  tandem_sha256_begin(&hash);
  for (uint64_t i = 0; i < member.tensor_count; i++)
    tandem_add_tensor(bundle, member.first_tensor + i, &hash);
  if (hash.byte_count > 0) tandem_sha256_end(&hash, digest);
  TANDEM_CHECK(memcmp(digest, member.tensor_set_digest, sizeof digest) == 0,
               "its tensor-set digest differs");

  memset(digest, 0, sizeof digest);
  tandem_sha256_begin(&hash);
  for (uint64_t i = 0; i < member.field_count; i++) {
    tandem_text key = tandem_field_at(bundle, member.first_field + i).key;
    if (key.byte_count >= 7 && memcmp(key.bytes, "config.", 7) == 0)
      tandem_add_field(bundle, member.first_field + i, &hash);
  }
  if (hash.byte_count > 0) tandem_sha256_end(&hash, digest);
  TANDEM_CHECK(memcmp(digest, member.config_digest, sizeof digest) == 0,
               "its config digest differs");
  return 0;
}

static int tandem_verify_members(const tandem_bundle *bundle, tandem_error *error) {
  for (uint64_t index = 0; index < bundle->record_count[TANDEM_MEMBERS]; index++)
    TANDEM_TRY_FOR("member", index,
                   tandem_verify_member(bundle, tandem_member_at(bundle, index), error));
  return 0;
}

// Checks that a frame has the features that bundles allow, and ends where its section ends.
static int tandem_verify_frame(tandem_section section, tandem_error *error) {
  const uint8_t *frame = section.data;
  uint64_t byte_count = section.stored_byte_count, position = 15;
  TANDEM_CHECK(byte_count >= position, "is shorter than its header");
  TANDEM_CHECK(tandem_u32(frame) == 0x184D2204, "has another magic number");
  TANDEM_CHECK(frame[4] == 0x6C, "its FLG byte is %02X, must be 6C", frame[4]);
  TANDEM_CHECK((frame[5] & 0x8F) == 0 && frame[5] >> 4 >= 4,
               "its BD byte is %02X, must be 40 to 70", frame[5]);
  TANDEM_CHECK(tandem_u64(frame + 6) == section.byte_count,
               "holds %" PRIu64 " bytes, the section %" PRIu64, tandem_u64(frame + 6),
               section.byte_count);
  uint32_t largest = (uint32_t)1 << (2 * (frame[5] >> 4) + 8), word = 1;
  while (word != 0) {
    TANDEM_CHECK(byte_count - position >= 4, "ends without an end mark");
    word = tandem_u32(frame + position);
    uint32_t block_byte_count = word & 0x7FFFFFFF;
    TANDEM_CHECK(block_byte_count <= largest, "a block is longer than %" PRIu32 " bytes", largest);
    position += 4;
    uint32_t rest = word != 0 ? block_byte_count : 4;  // behind the end mark: the checksum
    TANDEM_CHECK(rest <= byte_count - position, "ends within a block");
    position += rest;
  }
  TANDEM_CHECK(position == byte_count, "ends %" PRIu64 " bytes before its section",
               byte_count - position);
  return 0;
}

static int tandem_verify_segment(const tandem_bundle *bundle, const uint8_t *r,
                                 tandem_error *error) {
  uint32_t kind = tandem_u32(r), part = tandem_u32(r + 4);
  uint64_t start = tandem_u64(r + 8), byte_count = tandem_u64(r + 16);
  TANDEM_CHECK(kind <= 2, "segment kind %" PRIu32 " is unknown", kind);
  if (kind == 0) {
    TANDEM_CHECK(part == 0 && start == 0, "a segment of zeros has an index or a start");
    TANDEM_CHECK(byte_count <= TANDEM_BLOCK_BYTES,
                 "a segment has %" PRIu64 " zeros, must have at most 1048576", byte_count);
    return 0;
  }
  const char *what = kind == 1 ? "section" : "payload";
  TANDEM_CHECK(part < bundle->record_count[kind == 1 ? TANDEM_SECTIONS : TANDEM_PAYLOADS],
               "%s %" PRIu32 " does not exist", what, part);
  uint32_t of = kind == 1 ? tandem_section_at(bundle, part).kind : TANDEM_KIND_DOCUMENT;
  TANDEM_CHECK(of >= TANDEM_KIND_DOCUMENT && of <= TANDEM_KIND_CHAT_TEMPLATE,
               "section %" PRIu32 " is of kind %" PRIu32 ", must be of 4 to 7", part, of);
  uint64_t available = kind == 1 ? tandem_section_at(bundle, part).byte_count
                                 : tandem_payload_at(bundle, part).byte_count;
  TANDEM_CHECK(start <= available && byte_count <= available - start,
               "a segment passes the end of %s %" PRIu32, what, part);
  return 0;
}

// Orders paths so that what lies in a folder follows it at once: no byte is below a slash.
static int tandem_order_paths(const void *first, const void *second) {
  const tandem_text *a = first, *b = second;
  for (uint32_t i = 0; i < a->byte_count && i < b->byte_count; i++) {
    int x = a->bytes[i] == '/' ? 0 : (uint8_t)a->bytes[i];
    int y = b->bytes[i] == '/' ? 0 : (uint8_t)b->bytes[i];
    if (x != y) return x - y;
  }
  return (a->byte_count > b->byte_count) - (a->byte_count < b->byte_count);
}

static int tandem_verify_paths(const tandem_bundle *bundle, const uint8_t *files, uint64_t count,
                               tandem_error *error) {
  tandem_text *paths = malloc((size_t)count * sizeof *paths + 1);  // 0 bytes may give null
  TANDEM_CHECK(paths, "there is no memory to compare its paths");
  for (uint64_t i = 0; i < count; i++) {
    const uint8_t *r = files + 24 * i;
    paths[i] = tandem_text_at(bundle, tandem_u32(r), tandem_u32(r + 4));
  }
  if (count > 1) qsort(paths, (size_t)count, sizeof *paths, tandem_order_paths);
  int are_equal = 0, is_folder = 0;
  for (uint64_t i = 1; i < count; i++) {
    tandem_text path = paths[i - 1], next = paths[i];
    if (next.byte_count < path.byte_count) continue;
    if (memcmp(path.bytes, next.bytes, path.byte_count) != 0) continue;
    are_equal |= next.byte_count == path.byte_count;
    is_folder |= next.byte_count > path.byte_count && next.bytes[path.byte_count] == '/';
  }
  free(paths);
  TANDEM_CHECK(!are_equal, "two files have the same path");
  TANDEM_CHECK(!is_folder, "a path is the folder of another");
  return 0;
}

// Adds up to 2^63-1, where the sum stops.
static uint64_t tandem_add(uint64_t a, uint64_t b) {
  return b > INT64_MAX || a > INT64_MAX - b ? INT64_MAX : a + b;
}

// Checks that the files have no more bytes than the member's tensors under all names, what sections
// of the bundle's size can hold, and 1 GiB of holes.
static int tandem_verify_length(const tandem_bundle *bundle, uint32_t index,
                                const uint8_t *segments, uint64_t segment_count,
                                tandem_error *error) {
  uint64_t most = (uint64_t)1 << 30, file_bytes = 0;
  uint64_t frames = bundle->byte_count > INT64_MAX / TANDEM_MOST_RATIO
    ? INT64_MAX : bundle->byte_count * TANDEM_MOST_RATIO;
  most = tandem_add(most, frames);
  tandem_member member = tandem_member_at(bundle, index);
  for (uint64_t i = 0; i < member.tensor_count; i++) {
    uint32_t payload = tandem_tensor_at(bundle, member.first_tensor + i).payload;
    most = tandem_add(most, tandem_payload_at(bundle, payload).byte_count);
  }
  for (uint64_t i = 0; i < segment_count; i++) {
    uint64_t byte_count = tandem_u64(segments + 24 * i + 16);
    TANDEM_CHECK(byte_count <= INT64_MAX - file_bytes, "its files have more than 2^63-1 bytes");
    file_bytes += byte_count;
  }
  TANDEM_CHECK(file_bytes <= most,
               "its files have %" PRIu64 " bytes, must have at most %" PRIu64, file_bytes, most);
  return 0;
}

static int tandem_verify_file_map(const tandem_bundle *bundle, tandem_section section,
                                  tandem_error *error) {
  TANDEM_CHECK(section.byte_count >= 8, "is shorter than 8 bytes");
  uint64_t file_count = tandem_u64(section.data), room = (section.byte_count - 8) / 24;
  TANDEM_CHECK(file_count <= room, "has no room for %" PRIu64 " files", file_count);
  TANDEM_CHECK((section.byte_count - 8) % 24 == 0, "ends within a segment");
  const uint8_t *files = section.data + 8, *segments = files + 24 * file_count;
  uint64_t segment_count = room - file_count, next_segment = 0;
  for (uint64_t i = 0; i < file_count; i++) {
    const uint8_t *r = files + 24 * i;
    uint64_t first = tandem_u64(r + 8), count = tandem_u64(r + 16);
    TANDEM_TRY(tandem_check_text(bundle, tandem_u32(r), tandem_u32(r + 4), "path", error));
    TANDEM_CHECK(tandem_is_safe_path(tandem_text_at(bundle, tandem_u32(r), tandem_u32(r + 4))),
                 "path: is no safe relative path");
    TANDEM_CHECK(first == next_segment, "a file's first segment is %" PRIu64 ", must be %" PRIu64,
                 first, next_segment);
    TANDEM_CHECK(count <= segment_count - next_segment,
                 "a file has %" PRIu64 " segments, %" PRIu64 " remain", count,
                 segment_count - next_segment);
    next_segment += count;
  }
  TANDEM_CHECK(next_segment == segment_count,
               "its files have %" PRIu64 " segments, it has %" PRIu64, next_segment,
               segment_count);
  for (uint64_t i = 0; i < segment_count; i++)
    TANDEM_TRY(tandem_verify_segment(bundle, segments + 24 * i, error));
  TANDEM_TRY(tandem_verify_paths(bundle, files, file_count, error));
  return tandem_verify_length(bundle, section.member, segments, segment_count, error);
}

static int tandem_verify_sections(const tandem_bundle *bundle, tandem_error *error) {
  for (uint64_t index = 0; index < bundle->record_count[TANDEM_SECTIONS]; index++) {
    tandem_section section = tandem_section_at(bundle, index);
    if (section.kind == TANDEM_KIND_TENSOR_DATA) continue;
    TANDEM_CHECK(tandem_has_digest(section.data, section.stored_byte_count, section.digest),
                 "section %" PRIu64 ": its digest differs", index);
    if (section.flags == 1)
      TANDEM_TRY_FOR("LZ4 frame in section", index, tandem_verify_frame(section, error));
    else if (section.kind == TANDEM_KIND_FILE_MAP)
      TANDEM_TRY_FOR("file map in section", index, tandem_verify_file_map(bundle, section, error));
    else
      TANDEM_CHECK(section.kind != TANDEM_KIND_CHAT_TEMPLATE
                   || tandem_is_utf8(section.data, section.byte_count),
                   "section %" PRIu64 ": its text is not valid UTF-8", index);
  }
  return 0;
}

int tandem_verify(const tandem_bundle *bundle, tandem_error *error) {
  TANDEM_TRY(tandem_verify_payloads(bundle, error));
  TANDEM_TRY(tandem_verify_padding(bundle, error));
  TANDEM_TRY(tandem_verify_members(bundle, error));
  return tandem_verify_sections(bundle, error);
}

#endif
