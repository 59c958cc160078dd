#ifndef TK_LEVELS_H
#define TK_LEVELS_H

/// What instructions loops may use. Every loop exists at each level and gives the same bits there.
typedef enum tk_level {
  /// What every processor of the architecture has: SSE2 on x86-64, NEON on arm64.
  TK_BASELINE,
  /// AVX2, FMA and F16C.
  TK_AVX2,
  /// AVX-512 F, BW, DQ and VL, as on x86-64-v4.
  TK_AVX512,
} tk_level;

/// The highest level that this processor has.
tk_level tk_best_level(void);

#endif
