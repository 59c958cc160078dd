// What Linux has and Swift's Glibc module hides, because glibc declares it for _GNU_SOURCE only.
#pragma once
#include <fcntl.h>
#include <stdint.h>

// open(2): an unnamed file in a folder. The value is the kernel's on every architecture that Swift runs on.
static const int clinux_O_TMPFILE = 020000000 | O_DIRECTORY;

int sync_file_range(int descriptor, int64_t offset, int64_t byte_count, unsigned int flags);

int fallocate(int descriptor, int mode, int64_t offset, int64_t byte_count);

// fallocate(2): takes room on the disk; the range reads as zero.
static inline int clinux_reserve(int descriptor, int64_t byte_count) {
  return fallocate(descriptor, 0, 0, byte_count);
}

// sync_file_range(2), SYNC_FILE_RANGE_WRITE: begins writing dirty pages to the disk and does not wait.
static inline int clinux_start_writeback(int descriptor, int64_t offset, int64_t byte_count) {
  return sync_file_range(descriptor, offset, byte_count, 2);
}
