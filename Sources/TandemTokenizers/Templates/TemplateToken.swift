/// A word or sign inside a tag.
struct TemplateToken {
  enum Kind: Equatable {
    case name(String)
    case string(String)
    case int(Int)
    case float(Double)
    case sign(String)
    case end
  }

  let kind: Kind
  let offset: Int
}

/// Cuts the inside of a tag into words and signs.
struct TemplateTokenizer {
  private let bytes: [UInt8]
  private let end: Int
  private var position: Int

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// All tokens, the last of which is `end`.
  mutating func tokens() throws(FailureAt) -> [TemplateToken] {
    var tokens: [TemplateToken] = []
    while true {
      while position < end, bytes[position].isSpace { position += 1 }
      let start = position
      guard start < end else {
        tokens.append(TemplateToken(kind: .end, offset: end))
        return tokens
      }
      tokens.append(TemplateToken(kind: try next(), offset: start))
    }
  }

  private mutating func next() throws(FailureAt) -> TemplateToken.Kind {
    let byte = bytes[position]
    if byte.isLetter { return name() }
    if byte.isDigit { return try number() }
    if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return .string(try string()) }
    for length in [2, 1] where position + length <= end {
      let sign = String(decoding: bytes[position..<position + length], as: UTF8.self)
      if Self.signs.contains(sign) {
        position += length
        return .sign(sign)
      }
    }
    throw FailureAt(offset: position, message: "a character that stands for nothing")
  }

  private static let signs: Set = [
    "+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "=", "(", ")", "[",
    "]", "{", "}", ".", ",", ":", "|",
  ]

  private mutating func name() -> TemplateToken.Kind {
    let start = position
    while position < end, bytes[position].isLetter || bytes[position].isDigit { position += 1 }
    return .name(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func number() throws(FailureAt) -> TemplateToken.Kind {
    let start = position
    func isPart(_ offset: Int) -> Bool {
      if bytes[offset].isDigit || bytes[offset] == UInt8(ascii: "_") { return true }
      // A dot belongs to a number only if a digit follows.
      return bytes[offset] == UInt8(ascii: ".") && offset + 1 < end && bytes[offset + 1].isDigit
    }
    while position < end, isPart(position) { position += 1 }
    if position + 1 < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
      let sign = bytes[position + 1]
      let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
      if sign.isDigit || isSigned && position + 2 < end && bytes[position + 2].isDigit {
        position += 2
        while position < end, bytes[position].isDigit { position += 1 }
      }
    }
    let text = String(
      decoding: bytes[start..<position].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    if let value = Int(text) { return .int(value) }
    if let value = Double(text), text.utf8.contains(where: { !$0.isDigit }) { return .float(value) }
    throw FailureAt(offset: start, message: "the number '\(text)' is not one that can be held")
  }

  private mutating func string() throws(FailureAt) -> String {
    let quote = bytes[position]
    position += 1
    var text: [UInt8] = []
    while position < end, bytes[position] != quote {
      if bytes[position] == UInt8(ascii: "\\"), position + 1 < end {
        text += escape()
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    guard position < end else {
      throw FailureAt(offset: position, message: "the string has no closing quote")
    }
    position += 1
    return String(decoding: text, as: UTF8.self)
  }

  /// Moves over an escape of Python's strings; one that is none stands for itself.
  private mutating func escape() -> [UInt8] {
    let letter = bytes[position + 1]
    let simple: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D,
      UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C,
      UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "'"): 0x27,
      UInt8(ascii: "\""): 0x22,
    ]
    let digitCounts = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8]
    if let byte = simple[letter] {
      position += 2
      return [byte]
    }
    if let count = digitCounts[letter], position + 2 + count <= end,
      let value = UInt32(
        String(decoding: bytes[position + 2..<position + 2 + count], as: UTF8.self), radix: 16),
      let scalar = Unicode.Scalar(value)
    {
      position += 2 + count
      return Array(String(scalar).utf8)
    }
    position += 1
    return [UInt8(ascii: "\\")]
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
  fileprivate var isLetter: Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= self || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self
      || self == UInt8(ascii: "_")
  }
}
