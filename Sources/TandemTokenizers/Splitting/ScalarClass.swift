import TandemBytes

/// What the patterns that cut texts into words tell apart.
///
/// The classes are those of Unicode 16, which the reference tokenizers have: a character that came
/// later is `other`, whatever the standard library knows of it.
enum ScalarClass: UInt8 {
  /// `\p{L}`.
  case letter
  /// `\p{N}`.
  case number
  /// `\s`, other than carriage return and line feed.
  case space
  /// `[\r\n]`, which is `\s` as well.
  case newline
  case other

  var isSpace: Bool { self == .space || self == .newline }
}

extension ScalarClass {
  init(_ scalar: Unicode.Scalar) {
    if scalar.isASCII {
      self = Self.ofASCII(UInt8(truncatingIfNeeded: scalar.value))
    } else {
      self = Self.beyondASCII(scalar)
    }
  }

  private static func ofASCII(_ byte: UInt8) -> ScalarClass {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A: .letter
    case 0x30...0x39: .number
    case 0x0A, 0x0D: .newline
    case 0x20, 0x09, 0x0B, 0x0C: .space
    default: .other
    }
  }

  private static func beyondASCII(_ scalar: Unicode.Scalar) -> ScalarClass {
    // Hangul syllables and the common Chinese characters, which need no search.
    if 0x4E00...0x9FFF ~= scalar.value || 0xAC00...0xD7A3 ~= scalar.value { return .letter }
    let properties = scalar.properties
    let found: ScalarClass
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      found = .letter
    case .decimalNumber, .letterNumber, .otherNumber: found = .number
    default: return properties.isWhitespace ? .space : .other
    }
    guard let age = properties.age, age.major <= 16 else { return .other }
    return found
  }
}

extension RawSpan {
  /// The character at an offset of well-formed UTF-8, and the offset behind it.
  ///
  /// - Precondition: A character begins at the offset.
  @inline(__always)
  func scalar(at offset: Int) -> (scalar: Unicode.Scalar, end: Int) {
    let first = byte(at: offset)
    if first < 0x80 { return (Unicode.Scalar(first), offset + 1) }
    let count = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    var value = UInt32(first) & (0x7F >> UInt32(count))
    for index in 1..<count { value = value << 6 | UInt32(byte(at: offset + index) & 0x3F) }
    // The text is well-formed; the replacement is never taken.
    return (Unicode.Scalar(value) ?? "\u{FFFD}", offset + count)
  }

  /// The class of the character at an offset, and the offset behind it.
  @inline(__always)
  func classified(at offset: Int) -> (class: ScalarClass, end: Int) {
    let (scalar, end) = scalar(at: offset)
    return (ScalarClass(scalar), end)
  }

  /// The end of a run of characters of one class.
  ///
  /// - Parameter limit: Where the run ends at the latest, in characters from its start.
  @inline(__always)
  func endOfRun(
    of wanted: ScalarClass, from start: Int, limit: Int = .max
  ) -> Int {
    var end = start
    var count = 0
    while end < byteCount, count < limit {
      let next = classified(at: end)
      guard next.class == wanted else { break }
      end = next.end
      count += 1
    }
    return end
  }
}
