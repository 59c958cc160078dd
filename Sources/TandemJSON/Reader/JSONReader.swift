/// Reads one JSON text (RFC 8259) strictly, from its first byte to its last, and builds nothing.
///
/// The caller asks for what should come next; each call moves over it, checks every byte that it
/// moves over, and throws ``JSONFailure`` with the byte offset where the text is something else.
///
///     var reader = JSONReader(bytes)
///     var shapes: [String: UInt64] = [:]
///     try reader.beginObject()
///     while let key = try reader.nextKey() { shapes[key] = try reader.unsigned() }
///     try reader.end()
///
/// Accepted is what the RFC's grammar allows: no byte order mark, comment, trailing comma, leading
/// zero, raw control character, ill-formed UTF-8 or lone surrogate. Keys may repeat; that is for
/// the caller to see.
///
/// Calls must follow the text's structure: a value function where a value stands, ``nextKey()`` in
/// an object, ``nextElement()`` in an array. Anything else is a precondition failure. After a
/// failure of kind `.unexpectedValue` the reader still stands before the value, so that
/// ``skipValue()`` moves over it; after any other failure the reader must not be used.
public struct JSONReader: ~Escapable {
  let bytes: Span<UInt8>
  let allowsNonFinite: Bool
  let maximumDepth: Int

  /// The offset of the next byte.
  ///
  /// After ``peek()`` it is the offset of the value itself, behind the whitespace.
  public internal(set) var offset = 0
  /// The offset of the opening quote of the key that was read last.
  public private(set) var keyOffset = 0

  /// How many arrays and objects are open.
  private(set) var depth = 0
  // Bit i tells whether the container that is i levels up is an object.
  private var objects: UInt64 = 0
  private var place = Place.value

  /// What may stand next.
  private enum Place { case value, first, next, end }

  /// Begins to read a text.
  ///
  /// - Parameters:
  ///   - allowsNonFinite: Whether `NaN`, `Infinity` and `-Infinity` count as numbers.
  ///   - maximumDepth: How many arrays and objects may be open at once, at most 64.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan, allowsNonFinite: Bool = false, maximumDepth: Int = 64) {
    precondition((0...64).contains(maximumDepth), "JSONReader: the depth limit is not in 0...64")
    self.bytes = Span(_bytes: bytes)
    self.allowsNonFinite = allowsNonFinite
    self.maximumDepth = maximumDepth
  }

  /// Tells the kind of the next value, by its first byte.
  public mutating func peek() throws(JSONFailure) -> JSONKind {
    precondition(place == .value, "JSONReader: no value stands here")
    guard let byte = skipWhitespace() else { throw expected("a value") }
    switch byte {
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return .number
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "N"), UInt8(ascii: "I"):
      guard allowsNonFinite else { throw expected("a value (NaN and Infinity are none)") }
      return .number
    default: throw expected("a value")
    }
  }

  /// Moves over `{`.
  public mutating func beginObject() throws(JSONFailure) { try begin(.object) }

  /// Moves over `[`.
  public mutating func beginArray() throws(JSONFailure) { try begin(.array) }

  /// Moves over a comma, a key and its colon, or over `}`.
  ///
  /// - Returns: The key, nil after the closing brace.
  public mutating func nextKey() throws(JSONFailure) -> String? {
    guard let key = try nextKeyToken() else { return nil }
    return try text(of: key)
  }

  /// Moves over a comma, if it is not the first element, or over `]`.
  ///
  /// - Returns: Whether another element follows.
  public mutating func nextElement() throws(JSONFailure) -> Bool { try advance(in: .array) }

  /// Checks that nothing but whitespace follows the value.
  public mutating func end() throws(JSONFailure) {
    precondition(place == .end, "JSONReader: the value is not read to its end")
    guard skipWhitespace() == nil else { throw expected("the end of the text") }
  }
}

extension JSONReader {
  private mutating func begin(_ kind: JSONKind) throws(JSONFailure) {
    try require(kind)
    guard depth < maximumDepth else {
      throw JSONFailure(
        .syntax, at: offset, "at most \(maximumDepth) arrays and objects may be open at once")
    }
    depth += 1
    objects = objects << 1 | (kind == .object ? 1 : 0)
    offset += 1
    place = .first
  }

  /// Moves to the next element or key of the innermost container, or out of it.
  private mutating func advance(in kind: JSONKind) throws(JSONFailure) -> Bool {
    precondition(
      (place == .first || place == .next) && isInObject == (kind == .object),
      "JSONReader: \(kind) is not what the reader is in")
    let byte = skipWhitespace()
    if byte == (kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
      depth -= 1
      objects >>= 1
      finishValue(at: offset + 1)
      return false
    }
    if place == .next {
      guard byte == UInt8(ascii: ",") else {
        throw expected("a comma or \(kind == .object ? "'}'" : "']'")")
      }
      offset += 1
    }
    place = .value
    return true
  }

  /// ``nextKey()`` without making a string of the key.
  mutating func nextKeyToken() throws(JSONFailure) -> StringToken? {
    guard try advance(in: .object) else { return nil }
    guard skipWhitespace() == UInt8(ascii: "\"") else { throw expected("a key in double quotes") }
    keyOffset = offset
    let key = try scanString()
    offset = key.range.upperBound + 1
    guard skipWhitespace() == UInt8(ascii: ":") else { throw expected("a colon") }
    offset += 1
    return key
  }

  /// Whether the innermost open container is an object.
  var isInObject: Bool { objects & 1 == 1 }

  /// Moves behind a value.
  mutating func finishValue(at end: Int) {
    offset = end
    place = depth == 0 ? .end : .next
  }

  /// Checks that the next value is of a kind.
  mutating func require(_ kind: JSONKind) throws(JSONFailure) {
    let found = try peek()
    guard found == kind else { throw unexpected(kind.description, found: found.description) }
  }

  /// Moves over space, tab, line feed and carriage return, and returns the byte behind, nil at the
  /// end.
  private mutating func skipWhitespace() -> UInt8? {
    while offset < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return byte
      }
    }
    return nil
  }
}
