#ifndef TK_SHA256_H
#define TK_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Whether `tk_sha256_pair` can be called: this processor has SHA instructions (x86-64 only so far).
bool tk_can_hash_pairs(void);

/// SHA-256 (FIPS 180-4) of two messages of one length, side by side.
///
/// The rounds of one message wait for each other; those of a second one fill the gaps, so that both take little longer
/// than one.
///
/// - digests: 64 bytes, the first message's digest, then the second's.
void tk_sha256_pair(const void *first, const void *second, size_t byte_count, uint8_t *digests);

#pragma clang assume_nonnull end

#endif
