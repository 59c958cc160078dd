// Reads /proc/self/maps (proc_pid_maps(5)) with nothing but read(2): "begin-end permissions offset device inode   path", a line a mapping.

#include "tk_faults.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct {
  int descriptor;
  char bytes[1024];
  long count, next;
} source;

// The next byte, or -1 at the end.
static int next_byte(source *from) {
  if (from->next == from->count) {
    from->count = read(from->descriptor, from->bytes, sizeof from->bytes);
    from->next = 0;
    if (from->count <= 0) {
      from->count = 0;
      return -1;
    }
  }
  return (unsigned char)from->bytes[from->next++];
}

// A hexadecimal number and the byte behind it.
static uintptr_t hexadecimal(source *from, int *behind) {
  uintptr_t value = 0;
  int byte = next_byte(from);
  while ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f')) {
    value = value << 4 | (uintptr_t)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
    byte = next_byte(from);
  }
  *behind = byte;
  return value;
}

// A line that is written at once.
typedef struct {
  char bytes[1400];
  size_t count;
} line;

static void add(line *to, char byte) {
  if (to->count < sizeof to->bytes) to->bytes[to->count++] = byte;
}

static void add_text(line *to, const char *text) {
  while (*text) add(to, *text++);
}

// Adds the rest of a line from its first '/' on: as much as leaves room for a sentence, and nothing that a terminal obeys.
static int add_path(line *to, source *from) {
  int byte = next_byte(from);
  while (byte != '/') {
    if (byte == '\n' || byte < 0) return 0;
    byte = next_byte(from);
  }
  while (byte != '\n' && byte >= 0) {
    if (to->count < sizeof to->bytes - 200) add(to, byte < 0x20 || byte == 0x7F ? '?' : (char)byte);
    byte = next_byte(from);
  }
  return 1;
}

static int add_mapped_path(line *to, uintptr_t address) {
  source maps = {.descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
  if (maps.descriptor < 0) return 0;
  int byte = 0, is_added = 0;
  while (byte >= 0) {
    const uintptr_t begin = hexadecimal(&maps, &byte), end = hexadecimal(&maps, &byte);
    if (address >= begin && address < end) {
      is_added = add_path(to, &maps);
      break;
    }
    while (byte != '\n' && byte >= 0) byte = next_byte(&maps);
  }
  close(maps.descriptor);
  return is_added;
}

void tk_report_short_file(int descriptor, uintptr_t address) {
  line text = {.count = 0};
  add_text(&text, "tandem: ");
  if (!add_mapped_path(&text, address)) add_text(&text, "a file");
  add_text(
      &text, " can no longer be read: it became shorter, or its disk failed; try again when nobody changes it\n");
  const ssize_t written = write(descriptor, text.bytes, text.count);
  (void)written;
}
