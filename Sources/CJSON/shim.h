#include <json-c/json.h>
#include <string.h>

/* The functions below take or give text as `void *`, which Swift bridges from and to an array of bytes without naming a
   pointer. */

/* `json_tokener_parse_ex` of a text with its length. */
static inline struct json_object *cjson_parse(struct json_tokener *tokener, const void *text, int byteCount) {
  return json_tokener_parse_ex(tokener, (const char *)text, byteCount);
}

/* Copies the bytes of a string node, which may hold NUL; the destination has `json_object_get_string_len` bytes. */
static inline void cjson_copy_string(struct json_object *node, void *destination) {
  memcpy(destination, json_object_get_string(node), (size_t)json_object_get_string_len(node));
}

/* A node that is written as the given JSON text, as it stands. */
static inline struct json_object *cjson_new_verbatim(const char *text) {
  return json_object_new_double_s(0, text);
}
