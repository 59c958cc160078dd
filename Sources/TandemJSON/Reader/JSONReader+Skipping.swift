extension JSONReader {
  /// Reads `true` or `false`.
  public mutating func bool() throws(JSONFailure) -> Bool {
    try require(.bool)
    let value = bytes[offset] == UInt8(ascii: "t")
    try skip(value ? "true" : "false")
    return value
  }

  /// Reads `null`.
  public mutating func null() throws(JSONFailure) {
    try require(.null)
    try skip("null")
  }

  /// Moves over a value of any kind and checks its grammar, escapes and UTF-8 completely.
  ///
  /// Keys are not compared, and numbers of any size pass.
  ///
  /// - Complexity: O(*n*) in the value's bytes, in constant memory.
  public mutating func skipValue() throws(JSONFailure) {
    let outerDepth = depth
    try skipScalarOrBegin()
    while depth > outerDepth {
      if try isInObject ? skipKey() : nextElement() { try skipScalarOrBegin() }
    }
  }

  /// Moves over a scalar, or into a container.
  private mutating func skipScalarOrBegin() throws(JSONFailure) {
    switch try peek() {
    case .object: try beginObject()
    case .array: try beginArray()
    case .string: try skipString()
    case .number: finishValue(at: try scanNumber().range.upperBound)
    case .bool: _ = try bool()
    case .null: try null()
    }
  }

  /// Moves over a comma, a key and its colon, or over `}`.
  private mutating func skipKey() throws(JSONFailure) -> Bool {
    guard let key = try nextKeyToken() else { return false }
    try checkUTF8(of: key)
    return true
  }

  private mutating func skip(_ literal: String) throws(JSONFailure) {
    let count = matchingByteCount(literal, at: offset)
    guard count == literal.utf8.count else { throw expected("'\(literal)'", at: offset + count) }
    finishValue(at: offset + count)
  }

  /// Tells whether a literal stands at an offset.
  func matches(_ literal: String, at start: Int) -> Bool {
    matchingByteCount(literal, at: start) == literal.utf8.count
  }

  /// How many bytes of a literal stand at an offset.
  private func matchingByteCount(_ literal: String, at start: Int) -> Int {
    var position = start
    for byte in literal.utf8 {
      guard position < bytes.count, bytes[position] == byte else { break }
      position += 1
    }
    return position - start
  }
}
