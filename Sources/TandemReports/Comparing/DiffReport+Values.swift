import TandemBytes
import TandemConversion
import TandemTensors

extension DiffReport {
  /// Adds the tensors whose values differ, with how far.
  func addChanged(to text: inout ReportText) {
    let changed = changed
    guard !changed.isEmpty else { return }
    let countsNonFinite = changed.contains { $0.difference.nonFiniteCount > 0 }
    var columns: [TextTable.Column] = [
      .name("tensor"), .text("types").leaving(4), .number("differ").leaving(3),
    ]
    if countsNonFinite { columns.append(.number("not finite")) }
    columns += [
      .number("max |Δ|").leaving(5), .number("max relative").leaving(2), .number("cosine"),
      .number("first at").leaving(1),
    ]
    var table = TextTable(columns)
    for (entry, difference) in listsAll ? changed[...] : changed.prefix(Self.shownCount) {
      var cells = [
        entry.first.name.printable, Self.change(entry.first.type.name, entry.second.type.name),
        Numbers.share(difference.differingCount, of: difference.elementCount),
      ]
      if countsNonFinite { cells.append(Numbers.grouped(difference.nonFiniteCount)) }
      table.add(cells + difference.figures + [Numbers.grouped(difference.firstDiffering)])
    }
    text.heading("Other values, the most different tensors first")
    text.table(table)
    let hidden = changed.count - table.rows.count
    if hidden > 0 {
      text.paragraph("and \(Numbers.counted(hidden, "tensor")) more; --all lists them", .faint)
    }
  }

  /// The tensors that differ: by how many values are finite in one only, then by the angle between
  /// the others.
  private var changed: [(entry: ModelComparison.Entry, difference: ValueDifference)] {
    comparison.entries.compactMap { entry in
      guard case .changed(let difference) = entry.outcome else { return nil }
      return (entry, difference)
    }
    .enumerated().sorted {
      let (a, b) = ($0.element.difference, $1.element.difference)
      return (-a.nonFiniteShare, a.cosine, $0.offset) < (-b.nonFiniteShare, b.cosine, $1.offset)
    }
    .map(\.element)
  }

  private static func change(_ first: String, _ second: String) -> String {
    first == second ? first : "\(first) → \(second)"
  }
}

extension ValueDifference {
  fileprivate var nonFiniteShare: Double { Double(nonFiniteCount) / Double(elementCount) }

  /// The largest differences and the cosine as texts; none if all finite values are equal, of which
  /// alone they speak.
  fileprivate var figures: [String] {
    if nonFiniteCount == differingCount { return ["–", "–", "–"] }
    return [
      Numbers.significant(largestAbsolute), Numbers.significant(largestRelative),
      Numbers.fixed(cosine, decimals: 6),
    ]
  }
}
