/// What a signal handler may ask about memory.

#ifndef TK_FAULTS_H
#define TK_FAULTS_H

#include <stdint.h>

/// Writes that the file that is mapped at an address can no longer be read, as one line in one piece; calls nothing that a signal
/// handler may not (signal-safety(7)).
void tk_report_short_file(int descriptor, uintptr_t address);

#endif
