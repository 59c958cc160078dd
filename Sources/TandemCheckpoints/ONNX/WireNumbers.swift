internal import TandemBytes
internal import TandemTensors

/// The numbers of a repeated field, in order: single ones and packed runs, between other fields.
struct WireNumbers: ~Escapable {
  private let bytes: RawSpan
  private var message: WireReader
  private var run: WireReader
  private let field: Int
  /// The bytes of a number, 4 or 8; nil for varints.
  private let byteCount: Int?

  /// - Parameters:
  ///   - file: All bytes of the file.
  ///   - message: Where the message with the field lies in it.
  @_lifetime(copy file)
  init(_ file: RawSpan, message: Range<Int>, field: Int, byteCount: Int?) {
    bytes = file
    self.message = WireReader(file, message)
    run = WireReader(file, message.upperBound..<message.upperBound)
    self.field = field
    self.byteCount = byteCount
  }

  /// The numbers of one packed run.
  @_lifetime(copy file)
  init(_ file: RawSpan, run: Range<Int>, byteCount: Int?) {
    self.init(file, message: run.upperBound..<run.upperBound, field: 0, byteCount: byteCount)
    self.run = WireReader(file, run)
  }

  /// Reads a number's bits; nil at the end of the message.
  mutating func next() throws(WireFailure) -> UInt64? {
    while true {
      if let number = try run.nextNumber(byteCount: byteCount) { return number }
      guard let next = try message.next() else { return nil }
      guard next.number == field else { continue }
      switch next.value {
      case .varint(let value): return value
      case .fixed32(let range): return UInt64(bytes.littleEndian(UInt32.self, at: range.lowerBound))
      case .fixed64(let range): return bytes.littleEndian(UInt64.self, at: range.lowerBound)
      case .bytes(let range): run = WireReader(bytes, range)
      }
    }
  }
}

extension ElementType {
  /// Whether a varint is a value of the type; of small floats it is their bits.
  func holds(_ varint: UInt64) -> Bool {
    let signed = Int64(bitPattern: varint)
    return switch self {
    case .bool: varint <= 1
    case .i8: Int8(exactly: signed) != nil
    case .i16: Int16(exactly: signed) != nil
    case .i32: Int32(exactly: signed) != nil
    case .i64, .u64: true
    case .u32: varint <= UInt32.max
    case .u16, .f16, .bf16: varint <= UInt16.max
    default: block.byteCount == 1 && varint <= UInt8.max
    }
  }
}
