/// The digest of the bundle format: SHA-256 over the SHA-256 digests of consecutive 1 MiB blocks.
///
/// Blocks can be hashed on all cores and checked one by one while a file is mapped
/// (`schemas/bundle.md`, section 2).
public enum BlockDigest {
  /// The bytes of a block; only the last one may have fewer.
  public static let blockByteCount = 1 << 20

  /// How many blocks a byte string has.
  public static func blockCount(ofByteCount byteCount: Int) -> Int {
    byteCount / blockByteCount + (byteCount % blockByteCount == 0 ? 0 : 1)
  }

  /// The byte range of a block within its byte string.
  public static func range(ofBlock index: Int, byteCount: Int) -> Range<Int> {
    let start = index * blockByteCount
    return start..<min(start + blockByteCount, byteCount)
  }

  /// The digest of a byte string, hashed on all cores if it is large.
  ///
  /// - Complexity: O(*n*); no memory for up to one block, else 32 bytes a block.
  public static func digest(of bytes: RawSpan) -> Digest {
    let count = blockCount(ofByteCount: bytes.byteCount)
    if count <= 1 {
      var root = SHA256Hasher()
      if count == 1 { root.update(SHA256Hasher.digest(of: bytes)) }
      return root.finalize()
    }
    return root(ofBlocks: blocks(of: bytes))
  }

  /// The digests of a byte string's blocks.
  ///
  /// - Parameter other: Work that is done at the same time.
  public static func blocks(of bytes: RawSpan, beside other: () -> Void = {}) -> [Digest] {
    let count = blockCount(ofByteCount: bytes.byteCount)
    return digests(
      of: bytes, count: count, range: { range(ofBlock: $0, byteCount: bytes.byteCount) },
      beside: other)
  }

  /// The SHA-256 digests of byte ranges, computed on all cores, two on each at a time.
  ///
  /// - Parameters:
  ///   - range: The place of each in the bytes; neighbours of one length are hashed fastest.
  ///   - other: Work that is done at the same time.
  /// - Complexity: O(*n*) in the ranges' bytes; memory for 128 bytes a range.
  public static func digests(
    of bytes: RawSpan, count: Int, range: (Int) -> Range<Int>, beside other: () -> Void = {}
  ) -> [Digest] {
    let pairCount = (count + 1) / 2
    // Ranges may be many and small; few are spread evenly.
    let run = max(1, min(pairCount / 32, 4))
    let pairs = concurrentMap(1 + pairCount, inRunsOf: run) { index in
      // What may take longest comes first, so that the cores end together.
      if index == 0 {
        other()
        return (Digest.zero, Digest.zero)
      }
      let first = bytes.extracting(range(2 * index - 2))
      if 2 * index - 1 == count { return (SHA256Hasher.digest(of: first), Digest.zero) }
      return SHA256Hasher.digests(of: first, bytes.extracting(range(2 * index - 1)))
    }
    return Array(pairs.dropFirst().flatMap { [$0, $1] }.prefix(count))
  }

  /// The digest of a byte string whose blocks have these digests.
  public static func root(ofBlocks blocks: some Sequence<Digest>) -> Digest {
    var root = SHA256Hasher()
    for block in blocks { root.update(block) }
    return root.finalize()
  }
}
