/// A set of small numbers as ascending ranges: `0–3, 7, 12–29`.
struct IndexRanges: Sendable, Hashable, CustomStringConvertible {
  private(set) var ranges: [ClosedRange<Int>] = []

  /// Takes numbers in any order, some of them twice.
  init(_ indices: some Sequence<Int>) {
    var sorted = Array(indices)
    if !zip(sorted, sorted.dropFirst()).allSatisfy({ $0 <= $1 }) { sorted.sort() }
    for index in sorted {
      if let last = ranges.last, index <= last.upperBound + 1 {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, index)
      } else {
        ranges.append(index...index)
      }
    }
  }

  /// How many numbers there are.
  var count: Int { ranges.reduce(0) { $0 + $1.count } }

  var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }
      .joined(separator: ", ")
  }
}
