internal import TandemBytes

/// Reads the dictionary literal in the header of an `.npy` file.
///
///     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
///
/// Of Python's grammar it takes what NumPy writes and nothing else: three keys in any order, strings
/// without escapes, `True` and `False`, a tuple of decimal numbers. Nothing is evaluated and nothing
/// nests, so that depth cannot grow with the input.
struct NPYLiteral: ~Escapable {
  /// What the literal breaks.
  struct Failure: Error {
    let rule: NumPyRule
    /// From the beginning of the literal, in bytes.
    let offset: Int
    let message: String
  }

  /// The largest rank, which is NumPy's too.
  static let rankLimit = 64

  private let bytes: RawSpan
  private var position = 0

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) { self.bytes = bytes }

  /// Reads the whole literal.
  mutating func header() throws(Failure) -> NPYHeader {
    var descriptor: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{", "the header")
    while try !take("}") {
      let start = position
      let key = try string("a key")
      try expect(":", "the key '\(key)'")
      switch key {
      case "descr" where descriptor == nil: descriptor = try self.descriptor()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try bool(key)
      case "shape" where shape == nil: shape = try tuple(key)
      case "descr", "fortran_order", "shape":
        throw Failure(rule: .keys, offset: start, message: "the key '\(key)' stands twice")
      default:
        throw Failure(
          rule: .keys, offset: start,
          message: "the key is '\(key)'; descr, fortran_order and shape are allowed")
      }
      if try !take(",") && peek() != UInt8(ascii: "}") {
        throw failure("\(found) follows the value of '\(key)', a comma or a brace is expected")
      }
    }
    try expectEnd()
    guard let descriptor, let isFortranOrder, let shape else {
      let missing = [
        descriptor == nil ? "descr" : nil, isFortranOrder == nil ? "fortran_order" : nil,
        shape == nil ? "shape" : nil,
      ].compactMap { $0 }.joined(separator: " and ")
      throw Failure(rule: .keys, offset: 0, message: "the header lacks \(missing)")
    }
    return NPYHeader(descriptor: descriptor, isFortranOrder: isFortranOrder, shape: shape)
  }

  /// Reads the value of `descr`; the list of a record's fields is told from what is no type at all.
  private mutating func descriptor() throws(Failure) -> String {
    if peek() == UInt8(ascii: "[") {
      throw Failure(
        rule: .structured, offset: position,
        message: "the elements are records of several fields; plain numbers can be read")
    }
    return try string("descr")
  }

  private mutating func bool(_ key: String) throws(Failure) -> Bool {
    for (word, value) in [("True", true), ("False", false)] where try takeWord(word) {
      return value
    }
    throw failure("\(key) is \(found), True or False is expected")
  }

  /// Reads a tuple; one element needs a comma behind it, as in Python.
  private mutating func tuple(_ key: String) throws(Failure) -> [Int] {
    guard try take("(") else { throw shapeFailure("is \(found), a tuple is expected") }
    var numbers: [Int] = []
    var hasComma = false
    while try !take(")") {
      if !numbers.isEmpty && !hasComma { throw shapeFailure("lacks a comma before \(found)") }
      guard numbers.count < Self.rankLimit else {
        throw shapeFailure("has more than the \(Self.rankLimit) dimensions that are allowed")
      }
      numbers.append(try number())
      hasComma = try take(",")
    }
    guard numbers.count != 1 || hasComma else {
      throw shapeFailure("is a number in parentheses, a tuple is expected")
    }
    return numbers
  }

  /// Reads a decimal number; `L` may follow it, which Python 2 wrote.
  private mutating func number() throws(Failure) -> Int {
    if peek() == UInt8(ascii: "-") { throw shapeFailure("holds a negative number") }
    let start = position
    var value = 0
    while let byte = peekByte, 0x30...0x39 ~= byte {
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isSumTooLarge) = product.addingReportingOverflow(Int(byte - 0x30))
      guard !isTooLarge && !isSumTooLarge else {
        throw Failure(
          rule: .overflow, offset: start, message: "a dimension is over the 2^63-1 allowed")
      }
      value = sum
      position += 1
    }
    guard position > start else { throw shapeFailure("holds \(found), a number is expected") }
    if position > start + 1 && bytes.byte(at: start) == 0x30 {
      throw shapeFailure("holds a number that begins with 0")
    }
    if peekByte == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private func shapeFailure(_ message: String) -> Failure {
    Failure(rule: .shape, offset: position, message: "the shape \(message)")
  }
}

extension NPYLiteral {
  /// Reads a string in single or double quotes, of printable ASCII characters without a backslash.
  private mutating func string(_ what: String) throws(Failure) -> String {
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw failure("\(what) is \(found), a string is expected")
    }
    position += 1
    let start = position
    while let byte = peekByte, byte != quote {
      guard 0x20...0x7E ~= byte, byte != UInt8(ascii: "\\") else {
        throw failure("\(what) holds \(found); printable ASCII without escapes is allowed")
      }
      position += 1
    }
    guard peekByte == quote else { throw failure("the string of \(what) has no end") }
    defer { position += 1 }
    return bytes.extracting(start..<position).lossyText
  }

  private mutating func takeWord(_ word: String) throws(Failure) -> Bool {
    _ = peek()
    let end = position + word.utf8.count
    guard end <= bytes.byteCount,
      bytes.extracting(position..<end).array.elementsEqual(word.utf8)
    else { return false }
    position = end
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) throws(Failure) -> Bool {
    guard let byte = peek() else { throw failure("the literal is cut off") }
    guard byte == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, _ what: String) throws(Failure) {
    if try take(character) { return }
    throw failure("\(found) stands in \(what) where '\(character)' is expected")
  }

  private mutating func expectEnd() throws(Failure) {
    if peek() != nil { throw failure("\(found) follows the dictionary, only spaces are allowed") }
  }

  /// Skips whitespace and returns the byte behind it.
  private mutating func peek() -> UInt8? {
    while let byte = peekByte, byte == 0x20 || 0x09...0x0D ~= byte { position += 1 }
    return peekByte
  }

  private var peekByte: UInt8? { position < bytes.byteCount ? bytes.byte(at: position) : nil }

  /// The byte at the position, for a message.
  private var found: String { peekByte.map(\.hexadecimal) ?? "nothing" }

  private func failure(_ message: String) -> Failure {
    Failure(rule: .notLiteral, offset: position, message: message)
  }
}
