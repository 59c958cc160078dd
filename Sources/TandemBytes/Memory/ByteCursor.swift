/// Reads little-endian values one after the other and never past the end.
///
/// A read that does not fit returns nil and moves nothing, so that the format that is being read
/// can say, in its own words, what was cut off.
public struct ByteCursor: ~Escapable {
  /// The bytes that are read.
  public let bytes: RawSpan
  @usableFromInline var position = 0

  /// The offset of the next byte.
  @inlinable public var offset: Int { position }

  @_lifetime(copy bytes)
  @inlinable
  public init(_ bytes: RawSpan) { self.bytes = bytes }

  /// The number of bytes that have not been read.
  @inlinable public var remaining: Int { bytes.byteCount - position }

  /// Reads an integer.
  @inlinable
  public mutating func next<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self) -> T? {
    guard MemoryLayout<T>.size <= remaining else { return nil }
    defer { position += MemoryLayout<T>.size }
    return bytes.littleEndian(type, at: offset)
  }

  /// Moves over a number of bytes and returns their range.
  @inlinable
  public mutating func skip(_ byteCount: UInt64) -> Range<Int>? {
    guard byteCount <= UInt64(remaining) else { return nil }
    defer { position += Int(byteCount) }
    return offset..<offset + Int(byteCount)
  }
}
