import TandemBytes

extension JSONReader {
  /// Moves over a value of any kind without building anything of it, and reports each key that
  /// stands twice in one of its objects.
  ///
  /// - Parameter report: Is given the keys that lead to the place, outermost first and the repeated
  ///   one last, the key's offset, and the offset at which it stood first.
  /// - Throws: ``JSONFailure`` where the text is no JSON, or what the function throws.
  /// - Complexity: O(*n*) in the value's bytes; the reader's depth limit bounds the recursion.
  public mutating func skipValue(
    reportingRepeatedKeys report: (
      _ path: [String], _ offset: Int, _ first: Int
    ) throws(JSONFailure) -> Void
  ) throws(JSONFailure) {
    var path: [String] = []
    try skipValue(at: &path, report)
  }

  private mutating func skipValue(
    at path: inout [String], _ report: ([String], Int, Int) throws(JSONFailure) -> Void
  ) throws(JSONFailure) {
    switch try peek() {
    case .object:
      var offsets: [ExactText: Int] = [:]
      try beginObject()
      while let key = try nextKey() {
        path.append(key)
        if let first = offsets.updateValue(keyOffset, forKey: ExactText(key)) {
          try report(path, keyOffset, first)
        }
        try skipValue(at: &path, report)
        path.removeLast()
      }
    case .array:
      try beginArray()
      while try nextElement() { try skipValue(at: &path, report) }
    case .string, .number, .bool, .null: try skipValue()
    }
  }
}
