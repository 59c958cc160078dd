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

// Writes the rest of a line from its first '/' on.
static int write_path(int descriptor, source *from) {
  int byte = next_byte(from);
  while (byte != '/') {
    if (byte == '\n' || byte < 0) return 0;
    byte = next_byte(from);
  }
  while (byte != '\n' && byte >= 0) {
    const char one = (char)byte;
    if (write(descriptor, &one, 1) != 1) break;
    byte = next_byte(from);
  }
  return 1;
}

int tk_write_mapped_path(int descriptor, uintptr_t address) {
  source maps = {.descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
  if (maps.descriptor < 0) return 0;
  int byte = 0, is_written = 0;
  while (byte >= 0) {
    const uintptr_t begin = hexadecimal(&maps, &byte), end = hexadecimal(&maps, &byte);
    if (address >= begin && address < end) {
      is_written = write_path(descriptor, &maps);
      break;
    }
    while (byte != '\n' && byte >= 0) byte = next_byte(&maps);
  }
  close(maps.descriptor);
  return is_written;
}
