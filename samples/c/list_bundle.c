// Lists what a `.tandem` bundle holds, in the same words as `samples/python/tandem_bundle.py`.
//
// Exit code 0: the bundle is good; 1: it is refused, with one sentence on stderr; 2: wrong usage.
//
//   cc -std=c99 -D_POSIX_C_SOURCE=200809L -O2 list_bundle.c -o list_bundle
#define TANDEM_BUNDLE_IMPLEMENTATION
#include "tandem_verify.h"

// Prints the text in quotes, without characters that a terminal obeys.
static void print_text(tandem_text text) {
  putchar('"');
  for (uint32_t i = 0; i < text.byte_count; i++) {
    uint8_t byte = (uint8_t)text.bytes[i];
    if (byte < 0x20 || byte == 0x7F || byte == '\\' || byte == '"')
      printf("\\x%02x", byte);
    else
      putchar(byte);
  }
  putchar('"');
}

static void print_hex(const uint8_t *bytes, uint64_t byte_count) {
  for (uint64_t i = 0; i < byte_count; i++) printf("%02x", bytes[i]);
}

static void print_index_or_none(uint32_t index) {
  if (index == TANDEM_NONE)
    printf("none");
  else
    printf("%" PRIu32, index);
}

static void print_tensor(const tandem_bundle *bundle, uint64_t index) {
  tandem_tensor tensor = tandem_tensor_at(bundle, index);
  printf("  ");
  print_text(tensor.name);
  printf(" %s [", tandem_type_of(tensor.type).name);
  for (uint32_t axis = 0; axis < tensor.rank; axis++)
    printf("%s%" PRIu64, axis == 0 ? "" : ", ",
           tandem_dimension_at(bundle, (uint64_t)tensor.first_dimension + axis));
  printf("] offset %" PRIu64 " bytes %" PRIu64 " ", tensor.offset, tensor.byte_count);
  print_hex(tensor.data, tensor.byte_count < 8 ? tensor.byte_count : 8);
  puts(tensor.byte_count == 0 ? "-" : "");
}

static void print_member(const tandem_bundle *bundle, uint64_t index) {
  tandem_member member = tandem_member_at(bundle, index);
  printf("member %" PRIu64 " %s ", index, tandem_role_name(member.role));
  print_text(member.name);
  printf(" tensors %" PRIu32 " fields %" PRIu32 " tokenizer ", member.tensor_count,
         member.field_count);
  print_index_or_none(member.tokenizer);
  puts("");
  for (uint64_t i = 0; i < member.tensor_count; i++) print_tensor(bundle, member.first_tensor + i);
}

static void print_relation(const tandem_bundle *bundle, uint64_t index) {
  tandem_relation relation = tandem_relation_at(bundle, index);
  printf("relation %" PRIu64 " %.*s from %" PRIu32 " to %" PRIu32 " fields %" PRIu32 "\n", index,
         (int)relation.kind.byte_count, relation.kind.bytes, relation.from, relation.to,
         relation.field_count);
}

static void print_section(const tandem_bundle *bundle, uint64_t index) {
  tandem_section section = tandem_section_at(bundle, index);
  printf("section %" PRIu64 " kind %" PRIu32 " ", index, section.kind);
  print_text(section.name);
  printf(" member ");
  print_index_or_none(section.member);
  printf(" offset %" PRIu64 " stored %" PRIu64 " bytes %" PRIu64 "%s\n", section.offset,
         section.stored_byte_count, section.byte_count, section.flags & 1 ? " lz4" : "");
}

static void print_bundle(const tandem_bundle *bundle, int is_verified) {
  printf("bundle ");
  print_hex(bundle->bytes + 64, 32);
  puts("");
  for (uint64_t i = 0; i < bundle->record_count[TANDEM_MEMBERS]; i++) print_member(bundle, i);
  for (uint64_t i = 0; i < bundle->record_count[TANDEM_RELATIONS]; i++) print_relation(bundle, i);
  for (uint64_t i = 0; i < bundle->record_count[TANDEM_SECTIONS]; i++) print_section(bundle, i);
  if (is_verified)
    printf("verified %" PRIu64 " blocks and %" PRIu64 " sections\n",
           tandem_section_at(bundle, 0).byte_count / 32,
           bundle->record_count[TANDEM_SECTIONS]);
}

int main(int argument_count, char **arguments) {
  const char *path = 0;
  int wants_verify = 0, is_usage_good = 1;
  for (int i = 1; i < argument_count; i++) {
    if (strcmp(arguments[i], "--verify") == 0) {
      wants_verify = 1;
    } else {
      is_usage_good &= !path && arguments[i][0] != '-';
      path = arguments[i];
    }
  }
  if (!path || !is_usage_good) {
    fprintf(stderr, "usage: list_bundle BUNDLE [--verify]\n");
    return 2;
  }
  tandem_bundle bundle;
  tandem_error error;
  int result = tandem_open(&bundle, path, &error);
  if (result == 0) {
    if (wants_verify) result = tandem_verify(&bundle, &error);
    if (result == 0) print_bundle(&bundle, wants_verify);
    tandem_close(&bundle);
  }
  if (result != 0) fprintf(stderr, "%s: %s\n", path, error.text);
  return result == 0 ? 0 : 1;
}
