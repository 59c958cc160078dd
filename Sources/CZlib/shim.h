#include <zlib.h>

// inflateInit2 is a macro, which Swift does not see. -15: a raw deflate stream with a window of 32 KiB.
static inline int czlib_inflate_raw_init(z_stream *stream) { return inflateInit2(stream, -15); }
