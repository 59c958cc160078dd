/// The strict pass over a text before json-c sees it: grammar, numbers and keys.
struct JSONCheck {
  let allowsLargeIntegers: Bool
  private(set) var hasNonFinite = false
  private(set) var hasLargeIntegers = false

  init(allowsLargeIntegers: Bool) { self.allowsLargeIntegers = allowsLargeIntegers }

  /// Checks the next value; the reader's depth limit bounds the recursion.
  mutating func value(_ reader: inout JSONReader) throws(JSONFailure) {
    switch try reader.peek() {
    case .object: try object(&reader)
    case .array:
      try reader.beginArray()
      while try reader.nextElement() { try value(&reader) }
    case .number: try number(&reader)
    case .string, .bool, .null: try reader.skipValue()
    }
  }

  private mutating func object(_ reader: inout JSONReader) throws(JSONFailure) {
    var keys: Set<ExactKey> = []
    try reader.beginObject()
    while let key = try reader.nextKey() {
      // json-c would end the key there.
      guard !key.utf8.contains(0) else {
        throw JSONFailure(
          .unexpectedValue, at: reader.keyOffset,
          "a key without the character U+0000 is expected, found '\(key.excerpt)'")
      }
      guard keys.insert(ExactKey(text: key)).inserted else {
        throw JSONFailure(
          .duplicateKey, at: reader.keyOffset, "the key '\(key.excerpt)' occurs twice in one object"
        )
      }
      try value(&reader)
    }
  }

  private mutating func number(_ reader: inout JSONReader) throws(JSONFailure) {
    if allowsLargeIntegers, try reader.scanNumber().isLargeInteger {
      hasLargeIntegers = true
      return try reader.skipValue()
    }
    if case .double(let value) = try reader.number(), !value.isFinite { hasNonFinite = true }
  }
}

/// A key that equals another one if all bytes do.
///
/// Two strings are equal in Swift if they are canonically equivalent; as keys, of a vocabulary for
/// example, "é" and "e" with a combining accent are two.
private struct ExactKey: Hashable {
  let text: String

  static func == (left: Self, right: Self) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    var word: UInt64 = 0
    var count = 0
    for byte in text.utf8 {
      word = word << 8 | UInt64(byte)
      count += 1
      if count % 8 == 0 { hasher.combine(word) }
    }
    hasher.combine(word)
    hasher.combine(count)
  }
}
