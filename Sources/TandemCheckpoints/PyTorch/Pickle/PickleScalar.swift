import TandemBytes

/// A number of a pickle.
enum PickleNumber: Hashable, Sendable {
  case bool(Bool)
  case int(Int)
  case float(Double)
  /// An integer of over 64 bits: little-endian two's complement in the stream.
  case long(Range<Int>)

  /// Reads the operand of an instruction that puts a number down.
  ///
  /// - Parameters:
  ///   - stream: The pickle, which holds the whole operand.
  ///   - place: Where the instruction stands.
  /// - Returns: nil if the operand is a text that is no number.
  init?(_ stream: RawSpan, at place: Int) {
    let operand = place + 1
    switch PickleOpcode(rawValue: stream.byte(at: place)) {
    case .binInt: self = .int(Int(stream.littleEndian(Int32.self, at: operand)))
    case .binInt1: self = .int(Int(stream.byte(at: operand)))
    case .binInt2: self = .int(Int(stream.littleEndian(UInt16.self, at: operand)))
    case .binFloat:
      // The only big-endian operand.
      let bits = stream.littleEndian(UInt64.self, at: operand).byteSwapped
      self = .float(Double(bitPattern: bits))
    case .long1, .long4: self = Self.long(stream, PickleText.range(in: stream, at: place))
    case .int, .long, .float:
      let text = stream.extracting(PickleText.range(in: stream, at: place)).lossyText
      guard let number = Self.decimal(text) else { return nil }
      self = number
    default: return nil
    }
  }

  private static func long(_ stream: RawSpan, _ range: Range<Int>) -> PickleNumber {
    guard range.count <= 8 else { return .long(range) }
    var number: UInt64 = 0
    for place in range.reversed() { number = number << 8 | UInt64(stream.byte(at: place)) }
    let unused = UInt64(64 - 8 * range.count)
    // The last byte holds the sign.
    return .int(range.isEmpty ? 0 : Int(Int64(bitPattern: number << unused) >> unused))
  }

  /// A number of protocol 0: digits, `00` and `01` for false and true, an `L` behind a long one.
  private static func decimal(_ text: String) -> PickleNumber? {
    if text == "00" || text == "01" { return .bool(text == "01") }
    let digits = text.hasSuffix("L") ? String(text.dropLast()) : text
    return Int(digits).map { .int($0) } ?? Double(digits).map { .float($0) }
  }
}

/// Texts and bytes in a pickle.
enum PickleText {
  /// The content of an instruction that puts a text, bytes or a long integer down.
  ///
  /// - Parameters:
  ///   - stream: The pickle, which holds the whole content.
  ///   - place: Where the instruction stands.
  static func range(in stream: RawSpan, at place: Int) -> Range<Int> {
    let operand = place + 1
    let count: Int
    let start: Int
    switch PickleOpcode(rawValue: stream.byte(at: place)) {
    case .shortBinString, .shortBinBytes, .shortBinUnicode, .long1:
      (count, start) = (Int(stream.byte(at: operand)), operand + 1)
    case .binString, .binUnicode, .binBytes, .long4:
      (count, start) = (Int(stream.littleEndian(UInt32.self, at: operand)), operand + 4)
    case .binUnicode8, .binBytes8, .byteArray8:
      (count, start) = (Int(stream.littleEndian(UInt64.self, at: operand)), operand + 8)
    default:
      // The instructions of protocol 0 take a line.
      var end = operand
      while end < stream.byteCount, stream.byte(at: end) != 0x0A { end += 1 }
      return operand..<end
    }
    return start..<start + count
  }
}
