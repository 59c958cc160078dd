import TandemBytes
import TandemJSON

/// Finds keys that stand twice in one object of a JSON text.
struct RepeatedKeys {
  private let file: String
  private(set) var findings = Findings()

  init(file: String) { self.file = file }

  /// Moves over the next value; the reader's depth limit bounds the recursion.
  mutating func check(_ json: inout JSONReader, place: String = "") throws(JSONFailure) {
    switch try json.peek() {
    case .object:
      var offsets: [ExactText: Int] = [:]
      try json.beginObject()
      while let key = try json.nextKey() {
        let offset = json.keyOffset
        if let first = offsets.updateValue(offset, forKey: ExactText(key)) {
          findings.add(
            Finding(
              PairRule.repeatedKey, in: file, item: place + key, at: offset,
              "the key stands twice in one object, first at byte \(first)"))
        }
        try check(&json, place: place + key + ".")
      }
    case .array:
      try json.beginArray()
      while try json.nextElement() { try check(&json, place: place) }
    case .string, .number, .bool, .null: try json.skipValue()
    }
  }
}
