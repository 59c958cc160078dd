/// Reads little-endian values one after the other and never past the end.
///
/// A read that does not fit returns nil and moves nothing, so that the format that is being read can say, in its own
/// words, what was cut off.
public struct ByteCursor: ~Escapable {
  /// The bytes that are read.
  public let bytes: RawSpan
  /// The offset of the next byte.
  public private(set) var offset = 0

  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { self.bytes = bytes }

  /// The number of bytes that have not been read.
  public var remaining: Int { bytes.byteCount - offset }

  /// Reads an integer.
  public mutating func next<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self) -> T? {
    guard MemoryLayout<T>.size <= remaining else { return nil }
    defer { offset += MemoryLayout<T>.size }
    return bytes.littleEndian(type, at: offset)
  }

  /// Moves over a number of bytes and returns their range.
  public mutating func skip(_ byteCount: UInt64) -> Range<Int>? {
    guard byteCount <= UInt64(remaining) else { return nil }
    defer { offset += Int(byteCount) }
    return offset..<offset + Int(byteCount)
  }
}
