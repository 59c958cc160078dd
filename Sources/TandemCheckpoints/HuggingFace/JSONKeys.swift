import TandemBytes
import TandemJSON

/// Checks JSON of any kind and size without building anything of it.
enum JSONKeys {
  /// Moves over a value, and finds a key that stands twice in one of its objects.
  ///
  /// - Throws: ``JSONFailure`` of kind `.duplicateKey`, or `.syntax` where the text is no JSON.
  /// - Complexity: O(*n*) in the value's bytes; the reader's depth limit bounds the recursion.
  static func check(_ json: inout JSONReader) throws(JSONFailure) {
    switch try json.peek() {
    case .object:
      var keys: Set<ExactText> = []
      try json.beginObject()
      while let key = try json.nextKey() {
        guard keys.insert(ExactText(key)).inserted else {
          throw JSONFailure(
            .duplicateKey, at: json.keyOffset,
            "the key '\(key.shortened)' stands twice in one object")
        }
        try check(&json)
      }
    case .array:
      try json.beginArray()
      while try json.nextElement() { try check(&json) }
    case .string, .number, .bool, .null: try json.skipValue()
    }
  }
}
