#ifndef TK_THREADS_H
#define TK_THREADS_H

#include <stdint.h>

#pragma clang assume_nonnull begin

/// futex(2): sleeps while a word has a value; may also wake for no reason.
void tk_sleep_while(const void *word, uint32_t value);

/// Wakes all that sleep on a word.
void tk_wake_all(const void *word);

/// The processors that this process may run on, at least 1.
int tk_available_processor_count(void);

/// Tells the processor that this loop waits for another one.
static inline void tk_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#pragma clang assume_nonnull end

#endif
