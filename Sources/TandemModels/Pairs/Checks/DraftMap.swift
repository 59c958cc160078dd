/// The map from the secondary's token ids to the primary's, as numbers.
struct DraftMap {
  /// What makes a map no map.
  enum Flaw {
    case outOfRange(entry: Int, target: Int?)
    case repeated(entry: Int, first: Int, target: Int)
  }

  /// The primary's ids; nil where the sum is too large for an integer.
  let targets: [Int?]

  init(_ values: [Int], _ convention: PairDescription.DraftMapConvention) {
    targets = values.enumerated().map { index, value in
      let (sum, overflow) = value.addingReportingOverflow(convention == .offset ? index : 0)
      return overflow ? nil : sum
    }
  }

  /// The first entry that leads beyond a number of ids, or to the same one as another.
  func flaw(tokenCount: Int) -> Flaw? {
    var firstEntries: [Int: Int] = [:]
    for (entry, target) in targets.enumerated() {
      guard let target, (0..<tokenCount).contains(target) else {
        return .outOfRange(entry: entry, target: target)
      }
      if let first = firstEntries.updateValue(entry, forKey: target) {
        return .repeated(entry: entry, first: first, target: target)
      }
    }
    return nil
  }
}

extension PairDescription.DraftMapConvention {
  var other: Self { self == .id ? .offset : .id }

  var plural: String { self == .id ? "ids" : "offsets" }
}
