import CJSON

/// A JSON value to be written by json-c.
public indirect enum JSONOutput: Sendable {
  /// Members in the order in which they are written; the keys must differ.
  case object([(String, JSONOutput)])
  case array([JSONOutput])
  case string(String)
  case integer(Int)
  case unsigned(UInt64)
  /// A finite number, written with as few digits as give it back.
  case number(Double)
  case bool(Bool)
  case null

  /// The value as JSON text without a line feed at its end; the same value gives the same text.
  ///
  /// - Parameter pretty: Whether each element and member has a line of its own, indented by two
  ///   spaces a level; without, the text has no whitespace between values.
  /// - Precondition: Numbers are finite, and the keys of an object differ.
  /// - Complexity: O(*n*) in the text's bytes; json-c's tree of the value is made and freed.
  public func text(pretty: Bool) -> String {
    let node = node()
    defer { json_object_put(node) }
    let layout = pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN
    return String(
      cString: json_object_to_json_string_ext(node, layout | JSON_C_TO_STRING_NOSLASHESCAPE))
  }

  /// json-c's tree of the value, owned by the caller.
  private func node() -> OpaquePointer? {
    switch self {
    // json-c would break the line between the brackets.
    case .object(let members) where members.isEmpty: cjson_new_verbatim("{}")
    case .array(let elements) where elements.isEmpty: cjson_new_verbatim("[]")
    case .object(let members): Self.object(members)
    case .array(let elements):
      elements.reduce(into: json_object_new_array()) { array, element in
        json_object_array_add(array, element.node())
      }
    case .string(let text): json_object_new_string_len(text, CInt(text.utf8.count))
    case .integer(let value): json_object_new_int64(Int64(value))
    case .unsigned(let value): json_object_new_uint64(value)
    case .number(let value): Self.number(value)
    case .bool(let value): json_object_new_boolean(value ? 1 : 0)
    case .null: nil
    }
  }

  private static func number(_ value: Double) -> OpaquePointer? {
    precondition(value.isFinite, "JSONOutput: NaN and infinities have no JSON text")
    return cjson_new_verbatim(value.description)
  }

  private static func object(_ members: [(String, JSONOutput)]) -> OpaquePointer? {
    if members.contains(where: { key, _ in key.utf8.contains(0) }) {
      // json-c ends a key at U+0000, so the text of this object is made here.
      let texts = members.map { key, value in
        "\(JSONOutput.string(key).text(pretty: false)):\(value.text(pretty: false))"
      }
      return cjson_new_verbatim("{\(texts.joined(separator: ","))}")
    }
    let object = json_object_new_object()
    for (key, value) in members { json_object_object_add(object, key, value.node()) }
    precondition(
      Int(json_object_object_length(object)) == members.count, "JSONOutput: a key occurs twice")
    return object
  }
}
