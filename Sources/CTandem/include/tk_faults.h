/// What a signal handler may ask about memory.

#ifndef TK_FAULTS_H
#define TK_FAULTS_H

#include <stdint.h>

/// Writes the path of the file that is mapped at an address; calls nothing that a signal handler may not (signal-safety(7)).
///
/// Returns 0 if no file is mapped there, and then nothing is written.
int tk_write_mapped_path(int descriptor, uintptr_t address);

#endif
