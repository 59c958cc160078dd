import CZlib

/// The CRC-32 of zip, gzip and PNG files (ISO 3309).
public enum CRC32 {
  /// How many bytes one thread takes at a time.
  private static let pieceByteCount = 1 << 20

  /// The checksum of bytes.
  ///
  /// - Complexity: O(*n*), on all cores for more than a MiB.
  public static func checksum(of bytes: RawSpan) -> UInt32 {
    let count = (bytes.byteCount + pieceByteCount - 1) / pieceByteCount
    if count <= 1 { return continued(0, with: bytes) }
    let pieces = concurrentMap(count) { index in
      let start = index * pieceByteCount
      return continued(
        0, with: bytes.extracting(start..<min(start + pieceByteCount, bytes.byteCount)))
    }
    var whole: UInt32 = 0
    for (index, piece) in pieces.enumerated() {
      let length = min(pieceByteCount, bytes.byteCount - index * pieceByteCount)
      whole = joined(whole, piece, byteCount: length)
    }
    return whole
  }

  /// The checksum of bytes and of others behind them, from both checksums.
  ///
  /// - Parameter byteCount: The number of the bytes behind.
  public static func joined(_ first: UInt32, _ second: UInt32, byteCount: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_combine(UInt(first), UInt(second), byteCount))
  }

  /// The checksum of the bytes behind which a checksum stops and these bytes; 0 is that of none.
  public static func continued(_ checksum: UInt32, with bytes: RawSpan) -> UInt32 {
    // SAFETY: crc32_z reads the buffer's bytes before the closure returns.
    unsafe bytes.withUnsafeBytes { buffer in
      UInt32(
        truncatingIfNeeded: unsafe crc32_z(
          UInt(checksum), buffer.bindMemory(to: UInt8.self).baseAddress, buffer.count))
    }
  }
}
