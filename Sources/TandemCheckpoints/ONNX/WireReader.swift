internal import TandemBytes

/// A field of a Protocol Buffers message.
struct WireField {
  /// The number of the field in its message's definition.
  let number: Int
  /// The place of its tag in the file.
  let offset: Int
  let value: Value

  /// What was written behind the tag; ranges are places in the file.
  enum Value {
    case varint(UInt64)
    /// Eight bytes: a double or an integer of fixed width.
    case fixed64(Range<Int>)
    /// A string, bytes, a message, or packed numbers.
    case bytes(Range<Int>)
    /// Four bytes: a float or an integer of fixed width.
    case fixed32(Range<Int>)

    var phrase: String {
      switch self {
      case .varint: "a varint"
      case .fixed64: "eight bytes"
      case .bytes: "a run of bytes"
      case .fixed32: "four bytes"
      }
    }
  }
}

/// Why a message cannot be read on.
struct WireFailure: Error, Hashable {
  /// Whether something was cut off; otherwise the bytes are no message.
  let isTruncation: Bool
  /// The place in the file.
  let offset: Int
  let message: String
}

/// Reads the fields of one Protocol Buffers message, whatever its definition says, one after the
/// other.
///
/// The wire format: a varint of the field's number times 8 plus its wire type, then by that type a
/// varint (0), eight bytes (1), a length as varint and that many bytes (2), or four bytes (5). A
/// varint holds seven bits a byte, lowest first; the high bit is set in all bytes but the last.
/// Groups (3 and 4) are refused, so that nothing nests but what a reader opens itself.
///
/// Source: protobuf.dev/programming-guides/encoding
struct WireReader: ~Escapable {
  private var cursor: ByteCursor
  /// The place of the message in the file.
  private let start: Int

  /// - Parameters:
  ///   - file: All bytes of the file.
  ///   - range: Where the message lies in it.
  @_lifetime(copy file)
  init(_ file: RawSpan, _ range: Range<Int>) {
    cursor = ByteCursor(file.extracting(range))
    start = range.lowerBound
  }

  /// The place in the file of the next byte.
  var offset: Int { start + cursor.offset }

  /// Reads a field; nil at the end of the message.
  mutating func next() throws(WireFailure) -> WireField? {
    if cursor.remaining == 0 { return nil }
    let tagOffset = offset
    let tag = try varint()
    let (number, wireType) = (tag >> 3, tag & 7)
    guard 1...0x1FFF_FFFF ~= number else {
      throw failure(at: tagOffset, "the field number is \(number), 1 to 536870911 are allowed")
    }
    let value: WireField.Value
    switch wireType {
    case 0: value = .varint(try varint())
    case 1: value = .fixed64(try take(8))
    case 2: value = .bytes(try take(try varint()))
    case 5: value = .fixed32(try take(4))
    case 3, 4: throw failure(at: tagOffset, "field \(number) is a group, which ONNX has none of")
    default:
      throw failure(at: tagOffset, "field \(number) has the wire type \(wireType), there is none")
    }
    return WireField(number: Int(number), offset: tagOffset, value: value)
  }

  /// Reads a number of a packed run; nil at its end.
  ///
  /// - Parameter byteCount: 4 or 8; nil for varints.
  mutating func nextNumber(byteCount: Int?) throws(WireFailure) -> UInt64? {
    if cursor.remaining == 0 { return nil }
    guard let byteCount else { return try varint() }
    let number =
      byteCount == 4 ? cursor.next(UInt32.self).map(UInt64.init) : cursor.next(UInt64.self)
    if let number { return number }
    throw WireFailure(
      isTruncation: true, offset: offset,
      message: "a number takes \(byteCount) bytes, \(cursor.remaining) remain")
  }

  private mutating func varint() throws(WireFailure) -> UInt64 {
    let first = offset
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = cursor.next(UInt8.self) {
      // The tenth byte holds the highest bit and nothing else.
      guard shift < 63 || byte <= 1 else {
        throw failure(at: first, "a varint is over 64 bits")
      }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw WireFailure(isTruncation: true, offset: first, message: "a varint is cut off")
  }

  private mutating func take(_ byteCount: UInt64) throws(WireFailure) -> Range<Int> {
    if let range = cursor.skip(byteCount) {
      return start + range.lowerBound..<start + range.upperBound
    }
    throw WireFailure(
      isTruncation: true, offset: offset,
      message: "a field takes \(byteCount) bytes, \(cursor.remaining) remain")
  }

  private func failure(at offset: Int, _ message: String) -> WireFailure {
    WireFailure(isTruncation: false, offset: offset, message: message)
  }
}
