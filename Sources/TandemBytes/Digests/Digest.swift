/// A SHA-256 digest: 32 bytes.
public struct Digest: Hashable, Sendable, BitwiseCopyable {
  /// The number of bytes of a digest.
  public static let byteCount = 32
  /// 32 zero bytes: "none".
  public static let zero = Digest(words: (0, 0, 0, 0))

  // The 32 bytes as four little-endian words, because tuples of integers compare and hash in
  // registers.
  private let w0, w1, w2, w3: UInt64

  private init(words: (UInt64, UInt64, UInt64, UInt64)) {
    (w0, w1, w2, w3) = words
  }

  /// Reads a digest.
  ///
  /// - Precondition: 32 bytes lie at the offset.
  public init(_ bytes: RawSpan, at offset: Int = 0) {
    self.init(
      words: (
        bytes.littleEndian(at: offset), bytes.littleEndian(at: offset + 8),
        bytes.littleEndian(at: offset + 16), bytes.littleEndian(at: offset + 24)
      ))
  }

  /// Reads 64 hexadecimal digits; nil if the text is anything else.
  public init?(hexadecimal text: String) {
    guard text.utf8.count == 64 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text.utf8 {
      guard let digit = Self.value(ofDigit: character) else { return nil }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    self.init(bytes.rawSpan)
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(Self.byteCount)
    for word in [w0, w1, w2, w3] { result.append(littleEndian: word) }
    return result
  }

  public var isZero: Bool { self == .zero }

  private static func value(ofDigit character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

extension Digest: CustomStringConvertible {
  /// 64 hexadecimal digits.
  public var description: String {
    let digits = Array("0123456789abcdef")
    var text = ""
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return text
  }

  /// The first 12 digits, for people.
  public var abbreviated: String { String(description.prefix(12)) }
}
