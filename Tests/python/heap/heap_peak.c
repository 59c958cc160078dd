// Preloaded into the tool: writes the largest number of bytes that were allocated at one time to the file that
// HEAP_PEAK names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long live, peak;
static void *(*next_malloc)(size_t), *(*next_calloc)(size_t, size_t), *(*next_realloc)(void *, size_t);
static void *(*next_aligned)(size_t, size_t);
static int (*next_posix)(void **, size_t, size_t);
static void (*next_free)(void *);

static void count(long bytes) {
  long now = atomic_fetch_add(&live, bytes) + bytes;
  long seen = atomic_load(&peak);
  while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now)) {}
}

static void *counted(void *p) {
  if (p) count((long)malloc_usable_size(p));
  return p;
}

#define NEXT(slot, name) (slot ? slot : (slot = dlsym(RTLD_NEXT, name)))

void *malloc(size_t n) { return counted(NEXT(next_malloc, "malloc")(n)); }

void *calloc(size_t n, size_t size) {
  // dlsym itself calls calloc before the next one is known.
  static char early[4096];
  static size_t used;
  if (!next_calloc) {
    static int looking;
    if (looking) {
      used += (n * size + 15) & ~15ul;
      return used <= sizeof early ? early + used - ((n * size + 15) & ~15ul) : NULL;
    }
    looking = 1;
    next_calloc = dlsym(RTLD_NEXT, "calloc");
  }
  return counted(next_calloc(n, size));
}

void *realloc(void *p, size_t n) {
  long before = p ? (long)malloc_usable_size(p) : 0;
  void *q = NEXT(next_realloc, "realloc")(p, n);
  if (q) count((long)malloc_usable_size(q) - before);
  return q;
}

void *aligned_alloc(size_t alignment, size_t n) {
  return counted(NEXT(next_aligned, "aligned_alloc")(alignment, n));
}

int posix_memalign(void **p, size_t alignment, size_t n) {
  int result = NEXT(next_posix, "posix_memalign")(p, alignment, n);
  if (result == 0) counted(*p);
  return result;
}

void free(void *p) {
  if (p) count(-(long)malloc_usable_size(p));
  NEXT(next_free, "free")(p);
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("HEAP_PEAK");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fprintf(file, "%ld\n", atomic_load(&peak));
  fclose(file);
}
