import CJSON
import TandemBytes

/// A JSON text as a tree in memory, made by json-c from a text that ``JSONReader`` has accepted.
///
/// json-c by itself takes much that is not JSON, keeps the last of two equal keys, ends a key at
/// U+0000 and clamps large integers. The strict pass before it refuses all of that, so that nothing
/// in the text is missing from the tree.
///
/// For configurations and the like: the tree takes about 14 times the memory of the text.
// The tree is not changed after `init`, and json-c's getters only read, so threads may share it.
public final class JSONDocument: @unchecked Sendable {
  /// How many arrays and objects may be open at once; json-c frees a tree recursively.
  static let maximumDepth = 64

  /// Whether a number in the text is NaN or infinite.
  public let hasNonFinite: Bool
  /// Whether an integer in the text lies outside -2⁶³ ..< 2⁶⁴.
  public let hasLargeIntegers: Bool
  private let node: OpaquePointer?

  /// Parses a whole text.
  ///
  /// - Parameters:
  ///   - allowsNonFinite: Whether `NaN`, `Infinity` and `-Infinity` count as numbers.
  ///   - allowsLargeIntegers: Whether integers outside -2⁶³ ..< 2⁶⁴ pass. They have no value in
  ///     the tree: ``JSONValue/int``, ``JSONValue/unsigned`` and ``JSONValue/double`` are nil.
  ///   - maximumByteCount: The longest text that is parsed, below 2 GiB.
  /// - Throws: ``JSONFailure`` for the first thing in the text that is not JSON, occurs twice in
  ///   one object, or cannot be kept exactly.
  /// - Complexity: O(*n*) in the text's bytes.
  public init(
    parsing text: RawSpan, allowsNonFinite: Bool = false, allowsLargeIntegers: Bool = false,
    maximumByteCount: Int = 64 << 20
  ) throws(JSONFailure) {
    precondition(maximumByteCount < 1 << 31, "JSONDocument: the size limit is 2 GiB or more")
    guard text.byteCount <= maximumByteCount else {
      throw JSONFailure(
        .unexpectedValue, at: maximumByteCount,
        "at most \(maximumByteCount) bytes are allowed, found \(text.byteCount)")
    }
    var check = JSONCheck(allowsLargeIntegers: allowsLargeIntegers)
    var reader = JSONReader(
      text, allowsNonFinite: allowsNonFinite, maximumDepth: Self.maximumDepth)
    try check.value(&reader)
    try reader.end()
    node = try Self.parse(try reader.respelled())
    hasNonFinite = check.hasNonFinite
    hasLargeIntegers = check.hasLargeIntegers
  }

  deinit { json_object_put(node) }

  /// The text's one value.
  public var root: JSONValue { JSONValue(document: self, node: node) }

  /// Parses a text that the strict pass has accepted; nil is the value null.
  private static func parse(_ text: [UInt8]) throws(JSONFailure) -> OpaquePointer? {
    // json-c counts the scalars in the innermost container as a level.
    let tokener = json_tokener_new_ex(CInt(maximumDepth) + 2)
    defer { json_tokener_free(tokener) }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8)
    var node = cjson_parse(tokener, text, CInt(text.count))
    if json_tokener_get_error(tokener) == json_tokener_continue {
      // To json-c a number goes on until something else follows it.
      node = cjson_parse(tokener, " ", 1)
    }
    let status = json_tokener_get_error(tokener)
    guard status == json_tokener_success else {
      throw JSONFailure(
        .syntax, at: json_tokener_get_parse_end(tokener),
        "json-c refuses the text: \(String(cString: json_tokener_error_desc(status)))")
    }
    return node
  }
}

extension JSONReader {
  /// A copy of the whole text, in which json-c misreads nothing.
  ///
  /// json-c 0.16 tests the character of a surrogate pair once more for being a surrogate, by its
  /// low 16 bits, and puts U+FFFD in the place of U+1D800 ... U+1DFFF, of U+2D800 ... U+2DFFF and
  /// so on; as keys they even become equal. Unescaped it takes them as they are.
  ///
  /// - Complexity: O(*n*).
  fileprivate func respelled() throws(JSONFailure) -> [UInt8] {
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.count)
    var copiedCount = 0
    var position = 0
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "\\") else {
        position += 1
        continue
      }
      // Backslashes occur in strings only, and all of those have been checked.
      let escape = try escape(at: position)
      if 0xD800...0xDFFF ~= escape.scalar.value & 0xFFFF {
        copy.append(bytes.extracting(copiedCount..<position).bytes)
        copy.append(contentsOf: String(escape.scalar).utf8)
        copiedCount = escape.end
      }
      position = escape.end
    }
    copy.append(bytes.extracting(copiedCount...).bytes)
    return copy
  }
}
