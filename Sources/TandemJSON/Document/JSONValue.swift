import CJSON

/// A value in a ``JSONDocument``, which lives as long as one of its values does.
///
/// A getter for another type than the value's returns nil and converts nothing.
// Sendable as the document is.
public struct JSONValue: @unchecked Sendable {
  private let document: JSONDocument
  // Null is the absence of a node to json-c.
  private let node: OpaquePointer?

  init(document: JSONDocument, node: OpaquePointer?) {
    self.document = document
    self.node = node
  }

  public var kind: JSONKind {
    switch json_object_get_type(node) {
    case json_type_object: .object
    case json_type_array: .array
    case json_type_string: .string
    case json_type_int, json_type_double: .number
    case json_type_boolean: .bool
    default: .null
    }
  }

  public var bool: Bool? { kind == .bool ? json_object_get_boolean(node) != 0 : nil }

  /// The text of a string, with U+0000 wherever it has one.
  ///
  /// - Complexity: O(*n*) in the string's bytes.
  public var string: String? {
    guard kind == .string else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(json_object_get_string_len(node)))
    cjson_copy_string(node, &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// An integer that fits; a number with a fraction or exponent (`2.0`) is none.
  public var int: Int? {
    if let unsigned { return Int(exactly: unsigned) }
    return isExactInteger ? Int(json_object_get_int64(node)) : nil
  }

  /// A non-negative integer; a number with a fraction or exponent (`2.0`) is none.
  public var unsigned: UInt64? {
    isExactInteger && json_object_get_int64(node) >= 0 ? json_object_get_uint64(node) : nil
  }

  /// Any number, rounded to the nearest double.
  public var double: Double? {
    if json_object_is_type(node, json_type_double) != 0 { return json_object_get_double(node) }
    return unsigned.map { Double($0) } ?? int.map { Double($0) }
  }

  /// Whether json-c has an integer and did not clamp it.
  private var isExactInteger: Bool {
    guard json_object_is_type(node, json_type_int) != 0 else { return false }
    return !document.hasLargeIntegers
      || json_object_get_uint64(node) < .max && json_object_get_int64(node) > .min
  }
}

extension JSONValue {
  /// The number of an array's elements or an object's members; 0 for other values.
  public var count: Int {
    switch kind {
    case .array: Int(json_object_array_length(node))
    case .object: Int(json_object_object_length(node))
    default: 0
    }
  }

  /// An array's element, nil past its end and in other values.
  public subscript(_ index: Int) -> JSONValue? {
    guard kind == .array, (0..<count).contains(index) else { return nil }
    return JSONValue(document: document, node: json_object_array_get_idx(node, index))
  }

  /// An object's value for a key, compared byte by byte; nil without it and in other values.
  public subscript(_ key: String) -> JSONValue? {
    var value: OpaquePointer?
    // json-c would end the key at U+0000; no document has such a key.
    guard kind == .object, !key.utf8.contains(0),
      json_object_object_get_ex(node, key, &value) != 0
    else { return nil }
    return JSONValue(document: document, node: value)
  }

  /// An array's elements; none for other values.
  ///
  /// - Complexity: O(*n*).
  public var elements: [JSONValue] {
    kind == .array ? (0..<count).compactMap { self[$0] } : []
  }

  /// An object's members in the text's order; none for other values.
  ///
  /// - Complexity: O(*n*).
  public var members: [(key: String, value: JSONValue)] {
    guard kind == .object else { return [] }
    var members: [(key: String, value: JSONValue)] = []
    members.reserveCapacity(count)
    var iterator = json_object_iter_begin(node)
    var end = json_object_iter_end(node)
    while json_object_iter_equal(&iterator, &end) == 0 {
      members.append(
        (
          String(cString: json_object_iter_peek_name(&iterator)),
          JSONValue(document: document, node: json_object_iter_peek_value(&iterator))
        ))
      json_object_iter_next(&iterator)
    }
    return members
  }
}
