import TandemBundles
import TandemBytes
import TandemTensors

/// The fields of a relation, each in the form that it needs.
struct RelationFields {
  private let relation: BundleRelation
  private let file: String

  init(_ relation: BundleRelation, in file: String) {
    self.relation = relation
    self.file = file
  }

  func truth(_ key: String) throws(Finding) -> Bool {
    guard case .bool(let value)? = relation.fields[key] else { throw wrong(key, "a truth value") }
    return value
  }

  func number(_ key: String) throws(Finding) -> Double {
    guard case .float(let value)? = relation.fields[key] else { throw wrong(key, "a number") }
    return value
  }

  func text(_ key: String) throws(Finding) -> String {
    guard case .string(let value)? = relation.fields[key] else { throw wrong(key, "a text") }
    return value
  }

  func counts(_ key: String) throws(Finding) -> [Int] {
    guard case .list(let values)? = relation.fields[key],
      case let counts = values.compactMap({ Int(exactly: $0) }), counts.count == values.count
    else { throw wrong(key, "a list of counts") }
    return counts
  }

  /// A count from 1 on.
  func count(_ key: String) throws(Finding) -> Int {
    guard case .unsigned(let value)? = relation.fields[key], let count = Int(exactly: value),
      count > 0
    else { throw wrong(key, "a count from 1 on") }
    return count
  }

  func optionalCount(_ key: String) throws(Finding) -> Int? {
    relation.fields[key] == nil ? nil : try count(key)
  }

  /// One of several words.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String
  ) throws(Finding) -> Choice {
    guard let choice = Choice(rawValue: try text(key)) else {
      throw wrong(key, "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String
  ) throws(Finding) -> Choice? {
    relation.fields[key] == nil ? nil : try choice(key)
  }

  private func wrong(_ key: String, _ needed: String) -> Finding {
    Finding(
      PairRunRule.field, in: file, item: "\(relation.kind).\(key)",
      "is missing or has another form; \(needed) is needed",
      remedy: "pack the pair again")
  }
}
