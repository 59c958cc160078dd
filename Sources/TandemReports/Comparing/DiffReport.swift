import TandemBytes
public import TandemConversion
import TandemJSON
import TandemTensors

/// Where two models differ.
public struct DiffReport: Report, Sendable {
  let first: String
  let second: String
  let comparison: ModelComparison
  let listsAll: Bool

  /// How many tensors a person is shown unless all are asked for.
  static let shownCount = 20

  public init(first: String, second: String, _ comparison: ModelComparison, listsAll: Bool) {
    self.first = first
    self.second = second
    self.comparison = comparison
    self.listsAll = listsAll
  }

  /// Writes the counts, and the tensors that differ, the most different ones first.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    var text = ReportText()
    text.heading("\(first) → \(second)", level: 1)
    text.facts(facts)
    if comparison.isSame {
      let differsInBits = comparison.entries.contains { $0.outcome == .otherBits }
      text.paragraph(differsInBits ? "no difference in values" : "no difference", .good)
    }
    addConfiguration(to: &text)
    addChanged(to: &text)
    addNames(to: &text)
    text.write(layout, to: output)
  }

  private func count(_ isCounted: (ModelComparison.Outcome) -> Bool) -> String? {
    let count = comparison.entries.count { isCounted($0.outcome) }
    return count == 0 ? nil : Numbers.counted(count, "tensor")
  }

  private var facts: [(String, String?)] {
    func counted(_ count: Int) -> String? {
      count == 0 ? nil : Numbers.counted(count, "tensor")
    }
    return [
      ("identical", count { $0 == .identical }),
      ("same values in another type", count { $0 == .sameValues }),
      ("equal values in other bits", count { $0 == .otherBits }),
      ("other values", count { if case .changed = $0 { true } else { false } }),
      ("other bytes, not comparable as numbers", count { $0 == .otherBytes }),
      ("other shapes", count { $0 == .otherShape }),
      ("other names, same content", counted(comparison.renamed.count)),
      ("only in the first", counted(comparison.onlyFirst.count)),
      ("only in the second", counted(comparison.onlySecond.count)),
    ]
  }

  private func addConfiguration(to text: inout ReportText) {
    guard !comparison.configuration.isEmpty else { return }
    var table = TextTable([.name("field"), .long("first"), .long("second")])
    for (key, first, second) in comparison.configuration {
      table.add([
        key.printable, first?.text.printable ?? "–", second?.text.printable ?? "–",
      ])
    }
    text.heading("Configuration")
    text.table(table)
  }

  private func addNames(to text: inout ReportText) {
    var shapes = TextTable([.name("tensor"), .text("first"), .text("second")])
    for entry in comparison.entries where entry.outcome == .otherShape {
      shapes.add([
        entry.first.name.printable, entry.first.shape.description, entry.second.shape.description,
      ])
    }
    add(shapes, "Other shapes", to: &text)
    var renamed = TextTable([.name("first"), .name("second")])
    for pair in comparison.renamed {
      renamed.add([pair.first.name.printable, pair.second.name.printable])
    }
    add(renamed, "Same content under other names", to: &text)
    add(Self.table(comparison.onlyFirst), "Only in the first", to: &text)
    add(Self.table(comparison.onlySecond), "Only in the second", to: &text)
  }

  private static func table(_ tensors: [TensorDescriptor]) -> TextTable {
    var table = TextTable([.name("tensor"), .text("type"), .text("shape")])
    for tensor in tensors {
      table.add([tensor.name.printable, tensor.type.name, tensor.shape.description])
    }
    return table
  }

  private func add(_ table: TextTable, _ title: String, to text: inout ReportText) {
    guard !table.rows.isEmpty else { return }
    text.heading(title)
    text.table(listsAll ? table : table.shortened(to: Self.shownCount))
    let hidden = table.rows.count - Self.shownCount
    if !listsAll, hidden > 0 {
      text.paragraph("and \(Numbers.counted(hidden, "tensor")) more; --all lists them", .faint)
    }
  }
}
