/// Where a string's characters stand, between its quotes.
struct StringToken {
  var range: Range<Int>
  var hasEscapes: Bool
  var isASCII: Bool
}

extension JSONReader {
  /// Reads a string; U+0000 may be among its characters.
  ///
  /// - Complexity: O(*n*) in the string's bytes.
  public mutating func string() throws(JSONFailure) -> String {
    try require(.string)
    let token = try scanString()
    let text = try text(of: token)
    finishValue(at: token.range.upperBound + 1)
    return text
  }

  /// Moves over a string without making one.
  mutating func skipString() throws(JSONFailure) {
    let token = try scanString()
    try checkUTF8(of: token)
    finishValue(at: token.range.upperBound + 1)
  }

  /// Finds the end of the string whose opening quote is at the offset, and checks its escapes and
  /// that no control character is in it, but not its UTF-8.
  func scanString() throws(JSONFailure) -> StringToken {
    let bytes = bytes
    let start = offset + 1
    var position = start
    var hasEscapes = false
    var union: UInt8 = 0
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        return StringToken(range: start..<position, hasEscapes: hasEscapes, isASCII: union < 0x80)
      case UInt8(ascii: "\\"):
        position = try escape(at: position).end
        hasEscapes = true
      case 0..<0x20:
        throw expected("an escape instead of a control character", at: position)
      default:
        union |= byte
        position += 1
      }
    }
    throw expected("a closing quote", at: position)
  }

  /// Checks what ``scanString()`` leaves open.
  func checkUTF8(of token: StringToken) throws(JSONFailure) {
    if !token.isASCII { _ = try utf8(token.range) }
  }

  /// The text of a string.
  func text(of token: StringToken) throws(JSONFailure) -> String {
    guard token.hasEscapes else { return String(copying: try utf8(token.range)) }
    var text = ""
    text.reserveCapacity(token.range.count)
    var position = token.range.lowerBound
    while position < token.range.upperBound {
      let start = position
      while position < token.range.upperBound, bytes[position] != UInt8(ascii: "\\") {
        position += 1
      }
      // A backslash is never part of a longer sequence, so that each run is well-formed by itself.
      text += String(copying: try utf8(start..<position))
      if position < token.range.upperBound {
        let escape = try escape(at: position)
        text.unicodeScalars.append(escape.scalar)
        position = escape.end
      }
    }
    return text
  }

  /// The bytes of a range as UTF-8 in the sense of RFC 3629.
  @_lifetime(copy self)
  private func utf8(_ range: Range<Int>) throws(JSONFailure) -> UTF8Span {
    do throws(UTF8.ValidationError) {
      return try UTF8Span(validating: bytes.extracting(range))
    } catch {
      throw expected(
        "well-formed UTF-8", at: range.lowerBound + error.byteOffsets.lowerBound)
    }
  }

  /// The character that the escape at a backslash stands for, and the offset behind the escape.
  func escape(at start: Int) throws(JSONFailure) -> (scalar: Unicode.Scalar, end: Int) {
    guard start + 1 < bytes.count else { throw expected("an escape", at: start + 1) }
    switch bytes[start + 1] {
    case UInt8(ascii: "\""): return ("\"", start + 2)
    case UInt8(ascii: "\\"): return ("\\", start + 2)
    case UInt8(ascii: "/"): return ("/", start + 2)
    case UInt8(ascii: "b"): return ("\u{8}", start + 2)
    case UInt8(ascii: "f"): return ("\u{C}", start + 2)
    case UInt8(ascii: "n"): return ("\n", start + 2)
    case UInt8(ascii: "r"): return ("\r", start + 2)
    case UInt8(ascii: "t"): return ("\t", start + 2)
    case UInt8(ascii: "u"): return try unicodeEscape(at: start)
    default: throw expected("one of \"\\/bfnrtu after a backslash", at: start + 1)
    }
  }

  /// The character of a `\uXXXX`, or of two that form a surrogate pair.
  private func unicodeEscape(
    at start: Int
  ) throws(JSONFailure) -> (scalar: Unicode.Scalar, end: Int) {
    let high = try codeUnit(at: start + 2)
    if let scalar = Unicode.Scalar(high) { return (scalar, start + 6) }
    let second = start + 6
    if UTF16.isLeadSurrogate(high), second + 1 < bytes.count,
      bytes[second] == UInt8(ascii: "\\"), bytes[second + 1] == UInt8(ascii: "u")
    {
      let low = try codeUnit(at: second + 2)
      // The ten low bits of each surrogate, so that the sum is at most 0x10FFFF.
      let offset = UInt32(high & 0x3FF) << 10 | UInt32(low & 0x3FF)
      if UTF16.isTrailSurrogate(low), let scalar = Unicode.Scalar(0x10000 + offset) {
        return (scalar, start + 12)
      }
    }
    throw JSONFailure(
      .syntax, at: start,
      "a surrogate needs its pair, found \(excerpt(start..<start + 6)) alone")
  }

  /// The value of four hexadecimal digits.
  private func codeUnit(at start: Int) throws(JSONFailure) -> UInt16 {
    var value: UInt16 = 0
    for position in start..<start + 4 {
      guard position < bytes.count, let digit = Self.value(ofHexadecimal: bytes[position]) else {
        throw expected("a hexadecimal digit", at: position)
      }
      value = value << 4 | digit
    }
    return value
  }

  private static func value(ofHexadecimal byte: UInt8) -> UInt16? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
