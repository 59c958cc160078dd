import TandemBytes
import TandemJSON

extension SafetensorsHeader {
  /// Reads what stands behind `__metadata__`.
  mutating func readMetadata(_ json: inout JSONReader) throws(JSONFailure) {
    let item = Self.metadataName
    let keyOffset = json.keyOffset
    let kind = try json.peek()
    let offset = json.offset
    if hasMetadata {
      try json.skipValue()
      return report(.duplicateKey, item, at: keyOffset, "'__metadata__' stands twice in the header")
    }
    hasMetadata = true
    if kind == .object {
      metadata = try readPairs(&json)
    } else {
      try json.skipValue()
      if kind == .null {
        report(
          .nullMetadata, item, at: offset, "the metadata are null, an object is expected",
          remedy: "write an empty object, or none, because some readers fail on null")
      } else {
        report(.badMetadata, item, at: offset, "the metadata are \(kind), an object is expected")
      }
    }
  }

  private mutating func readPairs(
    _ json: inout JSONReader
  ) throws(JSONFailure) -> [SafetensorsMetadata.Pair] {
    var pairs: [SafetensorsMetadata.Pair] = []
    try json.beginObject()
    while let key = try json.nextKey() {
      metadataKeys.add(key, at: json.keyOffset)
      let kind = try json.peek()
      guard kind == .string else {
        let offset = json.offset
        try json.skipValue()
        // It may be a tensor with a name that none may have.
        hasUnknownRange = true
        report(
          .badMetadata, Self.metadataName, at: offset,
          "the value of '\(key.shortened)' is \(kind), a string is expected")
        continue
      }
      pairs.append(SafetensorsMetadata.Pair(key: key, value: try json.string()))
    }
    return pairs
  }
}
