import TandemBytes
import TandemJSON

/// Finds keys that stand twice in one object of a JSON text.
struct RepeatedKeys {
  private let file: String
  /// The keys of the objects that are open, outermost first.
  private var path: [String] = []
  private(set) var findings = Findings()

  init(file: String) { self.file = file }

  /// Moves over the next value; the reader's depth limit bounds the recursion.
  mutating func check(_ json: inout JSONReader) throws(JSONFailure) {
    switch try json.peek() {
    case .object:
      var offsets: [ExactText: Int] = [:]
      try json.beginObject()
      while let key = try json.nextKey() {
        path.append(key)
        if let first = offsets.updateValue(json.keyOffset, forKey: ExactText(key)) {
          report(at: json.keyOffset, first: first)
        }
        try check(&json)
        path.removeLast()
      }
    case .array:
      try json.beginArray()
      while try json.nextElement() { try check(&json) }
    case .string, .number, .bool, .null: try json.skipValue()
    }
  }

  private mutating func report(at offset: Int, first: Int) {
    findings.add(PairRule.repeatedKey) {
      Finding(
        PairRule.repeatedKey, in: file, item: path.joined(separator: "."), at: offset,
        "the key stands twice in one object, first at byte \(first)")
    }
  }
}
