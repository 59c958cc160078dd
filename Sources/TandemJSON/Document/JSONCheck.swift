import TandemBytes

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
    var keys: Set<ExactText> = []
    try reader.beginObject()
    while let key = try reader.nextKey() {
      // json-c would end the key there.
      guard !key.utf8.contains(0) else {
        throw JSONFailure(
          .unexpectedValue, at: reader.keyOffset,
          "a key without the character U+0000 is expected, found '\(key.excerpt)'")
      }
      guard keys.insert(ExactText(key)).inserted else {
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
