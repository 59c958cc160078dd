import CTandem
import Crypto

/// Plain SHA-256 over bytes that arrive in pieces.
public struct SHA256Hasher {
  private var hasher = Crypto.SHA256()
  // Asking a virtual processor takes longer than hashing a short string.
  private static let canHashPairs = tk_can_hash_pairs()

  public init() {}

  public mutating func update(_ bytes: RawSpan) {
    // SAFETY: the hasher reads the buffer before the closure returns.
    unsafe bytes.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
  }

  /// Hashes the bytes of a little-endian integer.
  public mutating func update(littleEndian value: some FixedWidthInteger) {
    var value = value.littleEndian
    // SAFETY: the hasher reads the integer's bytes before the closure returns.
    unsafe withUnsafeBytes(of: &value) { unsafe hasher.update(bufferPointer: $0) }
  }

  /// Hashes a text's byte count (u32) and its UTF-8.
  public mutating func update(counted text: String) {
    let bytes = Array(text.utf8)
    update(littleEndian: UInt32(bytes.count))
    update(bytes.rawSpan)
  }

  public mutating func update(_ digest: Digest) { update(digest.bytes.rawSpan) }

  public consuming func finalize() -> Digest {
    // SAFETY: the digest's 32 bytes are copied before the closure returns.
    unsafe hasher.finalize().withUnsafeBytes { unsafe Digest(RawSpan(_unsafeBytes: $0)) }
  }

  /// The SHA-256 of one byte string.
  public static func digest(of bytes: RawSpan) -> Digest {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    return hasher.finalize()
  }

  /// The SHA-256 of two byte strings.
  ///
  /// Where the processor has SHA instructions, two of one length take little longer than one.
  public static func digests(of first: RawSpan, _ second: RawSpan) -> (Digest, Digest) {
    let byteCount = first.byteCount
    guard byteCount == second.byteCount, canHashPairs else {
      return (digest(of: first), digest(of: second))
    }
    var pair = [UInt8](repeating: 0, count: 2 * Digest.byteCount)
    // SAFETY: both messages are read up to their length, and 64 bytes are written, before the
    // closures return. No byte of an empty message is read.
    unsafe first.withUnsafeBytes { first in
      unsafe second.withUnsafeBytes { second in
        unsafe pair.withUnsafeMutableBufferPointer {
          guard let output = $0.baseAddress else { return }
          unsafe tk_sha256_pair(
            first.baseAddress ?? UnsafeRawPointer(output),
            second.baseAddress ?? UnsafeRawPointer(output), byteCount, output)
        }
      }
    }
    return (Digest(pair.rawSpan), Digest(pair.rawSpan, at: Digest.byteCount))
  }
}
