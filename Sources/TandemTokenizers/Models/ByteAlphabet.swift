import TandemBytes

/// The printable characters that GPT-2 writes bytes as (`openai/gpt-2: src/encoder.py`,
/// `bytes_to_unicode`): bytes that are printable in Latin-1 as themselves, the others, in their
/// order, as U+0100 and what follows.
enum ByteAlphabet {
  /// The character of each byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0...255).map { (byte: UInt8) in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? "\u{FFFD}"
    }
  }()

  /// The byte of each character up to U+0143, -1 for those that stand for none.
  static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
    return bytes
  }()

  private static func isPrintable(_ byte: UInt8) -> Bool {
    0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte
  }

  /// The bytes that a token's text stands for; nil if a character stands for none.
  static func decoded(_ text: RawSpan) -> [UInt8]? {
    guard text.isUTF8WithoutNUL else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(text.byteCount)
    var offset = 0
    while offset < text.byteCount {
      let (scalar, end) = text.scalar(at: offset)
      guard scalar.value < bytes.count, bytes[Int(scalar.value)] >= 0 else { return nil }
      result.append(UInt8(truncatingIfNeeded: bytes[Int(scalar.value)]))
      offset = end
    }
    return result
  }

  /// Bytes as a token's text.
  static func encoded(_ bytes: RawSpan) -> [UInt8] {
    var result: [UInt8] = []
    for offset in bytes.byteOffsets {
      result.append(contentsOf: String(scalars[Int(bytes.byte(at: offset))]).utf8)
    }
    return result
  }
}
