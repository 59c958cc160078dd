// What Linux has and Swift's Glibc module hides, because glibc declares it for _GNU_SOURCE only.
#pragma once
#include <fcntl.h>
#include <stdint.h>

// open(2): an unnamed file in a folder. The value is the kernel's on every architecture that Swift runs on.
static const int clinux_O_TMPFILE = 020000000 | O_DIRECTORY;

// open(2): writes go past the page cache. Its value differs between architectures, and fcntl.h shows it for
// _GNU_SOURCE only.
#if defined(__aarch64__)
static const int clinux_O_DIRECT = 0200000;
#else
static const int clinux_O_DIRECT = 040000;
#endif

int renameat2(int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned flags);

// renameat2(2) with RENAME_NOREPLACE: fails with EEXIST if the new path is there.
static inline int clinux_rename_exclusive(const char *old_path, const char *new_path) {
  return renameat2(AT_FDCWD, old_path, AT_FDCWD, new_path, 1);
}

int fallocate(int descriptor, int mode, int64_t offset, int64_t byte_count);

// fallocate(2): takes room on the disk; the range reads as zero.
static inline int clinux_reserve(int descriptor, int64_t byte_count) {
  return fallocate(descriptor, 0, 0, byte_count);
}
