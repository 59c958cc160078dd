import TandemBytes
import TandemJSON

/// Checks JSON of any kind and size without building anything of it.
enum JSONKeys {
  /// Moves over a value, and finds a key that stands twice in one of its objects.
  ///
  /// - Throws: ``JSONFailure`` of kind `.duplicateKey`, or `.syntax` where the text is no JSON.
  /// - Complexity: O(*n*) in the value's bytes; the reader's depth limit bounds the recursion.
  static func check(_ json: inout JSONReader) throws(JSONFailure) {
    try json.skipValue { path, offset, _ throws(JSONFailure) in
      throw JSONFailure(
        .duplicateKey, at: offset,
        "the key '\((path.last ?? "").shortened)' stands twice in one object")
    }
  }
}
