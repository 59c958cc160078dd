/// Makes the digest of ``BlockDigest`` of bytes that arrive in pieces.
public struct BlockHasher {
  private var root = SHA256Hasher()
  private var block = SHA256Hasher()
  private var blockByteCount = 0

  public init() {}

  public mutating func update(_ bytes: RawSpan) {
    var start = 0
    while start < bytes.byteCount {
      let count = min(bytes.byteCount - start, BlockDigest.blockByteCount - blockByteCount)
      block.update(bytes.extracting(start..<start + count))
      blockByteCount += count
      start += count
      if blockByteCount == BlockDigest.blockByteCount { endBlock() }
    }
  }

  private mutating func endBlock() {
    root.update(block.finalize())
    block = SHA256Hasher()
    blockByteCount = 0
  }

  public consuming func finalize() -> Digest {
    if blockByteCount > 0 { endBlock() }
    return root.finalize()
  }
}
