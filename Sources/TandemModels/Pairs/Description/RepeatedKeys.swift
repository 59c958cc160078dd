import TandemBytes
import TandemJSON

/// Finds keys that stand twice in one object of a JSON text.
struct RepeatedKeys {
  private let file: String
  private(set) var findings = Findings()

  init(file: String) { self.file = file }

  /// Moves over the next value.
  mutating func check(_ json: inout JSONReader) throws(JSONFailure) {
    try json.skipValue { path, offset, first in report(path, at: offset, first: first) }
  }

  private mutating func report(_ path: [String], at offset: Int, first: Int) {
    findings.add(PairRule.repeatedKey) {
      Finding(
        PairRule.repeatedKey, in: file, item: path.joined(separator: "."), at: offset,
        "the key stands twice in one object, first at byte \(first)")
    }
  }
}
