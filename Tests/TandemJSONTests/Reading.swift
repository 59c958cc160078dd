import TandemBytes
import TandemJSON

/// The failure of moving over a whole text.
func skippingFailure(_ bytes: [UInt8], allowsNonFinite: Bool = false) -> JSONFailure? {
  var reader = JSONReader(bytes.rawSpan, allowsNonFinite: allowsNonFinite)
  do throws(JSONFailure) {
    try reader.skipValue()
    try reader.end()
    return nil
  } catch { return error }
}

/// The failure of making a tree of a text.
func parsingFailure(_ bytes: [UInt8], allowsNonFinite: Bool = false) -> JSONFailure? {
  do throws(JSONFailure) {
    _ = try JSONDocument(parsing: bytes.rawSpan, allowsNonFinite: allowsNonFinite)
    return nil
  } catch { return error }
}

/// A whole text as a tree.
func document(_ text: String, allowsNonFinite: Bool = false) throws(JSONFailure) -> JSONDocument {
  try JSONDocument(parsing: Array(text.utf8).rawSpan, allowsNonFinite: allowsNonFinite)
}

/// What one call of the reader gives at the beginning of a text.
func reading<Result>(
  _ text: String, allowsNonFinite: Bool = false,
  _ call: (inout JSONReader) throws(JSONFailure) -> Result
) throws(JSONFailure) -> Result {
  let bytes = Array(text.utf8)
  var reader = JSONReader(bytes.rawSpan, allowsNonFinite: allowsNonFinite)
  return try call(&reader)
}

extension JSONOutput {
  /// Reads a whole text value by value.
  init(reading bytes: [UInt8]) throws(JSONFailure) {
    var reader = JSONReader(bytes.rawSpan)
    self = try JSONOutput(&reader)
    try reader.end()
  }

  private init(_ reader: inout JSONReader) throws(JSONFailure) {
    switch try reader.peek() {
    case .object:
      var members: [(String, JSONOutput)] = []
      try reader.beginObject()
      while let key = try reader.nextKey() { members.append((key, try JSONOutput(&reader))) }
      self = .object(members)
    case .array:
      var elements: [JSONOutput] = []
      try reader.beginArray()
      while try reader.nextElement() { elements.append(try JSONOutput(&reader)) }
      self = .array(elements)
    case .string: self = .string(try reader.string())
    case .number:
      switch try reader.number() {
      case .unsigned(let value): self = .unsigned(value)
      case .negative(let value): self = .integer(Int(value))
      case .double(let value): self = .number(value)
      }
    case .bool: self = .bool(try reader.bool())
    case .null:
      try reader.null()
      self = .null
    }
  }

  /// Copies a tree.
  init(_ value: JSONValue) {
    switch value.kind {
    case .object: self = .object(value.members.map { ($0.key, JSONOutput($0.value)) })
    case .array: self = .array(value.elements.map { JSONOutput($0) })
    case .string: self = .string(value.string ?? "no string")
    case .number:
      self =
        value.unsigned.map { .unsigned($0) } ?? value.int.map { .integer($0) }
        ?? value.double.map { .number($0) } ?? .string("no number")
    case .bool: self = .bool(value.bool ?? false)
    case .null: self = .null
    }
  }
}
