/// Rows of text under titles, laid out in columns.
struct TextTable: Sendable {
  /// A column's title and how its cells are laid out.
  struct Column: Sendable {
    let title: String
    let alignment: Alignment
    /// Whether its cells may be shortened so that the table fits.
    let shrinks: Bool
    /// Whether its cells are names, which Markdown must not interpret.
    let isCode: Bool

    enum Alignment { case left, right }

    /// A column of words, on the left.
    static func text(_ title: String) -> Column {
      Column(title: title, alignment: .left, shrinks: false, isCode: false)
    }

    /// A column of text that may be long, on the left.
    static func long(_ title: String) -> Column {
      Column(title: title, alignment: .left, shrinks: true, isCode: false)
    }

    /// A column of names, on the left.
    static func name(_ title: String) -> Column {
      Column(title: title, alignment: .left, shrinks: true, isCode: true)
    }

    /// A column of numbers, on the right.
    static func number(_ title: String) -> Column {
      Column(title: title, alignment: .right, shrinks: false, isCode: false)
    }
  }

  let columns: [Column]
  private(set) var rows: [[String]] = []

  init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row.
  ///
  /// - Precondition: It has a cell for each column.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "TextTable: a row has another number of cells")
    rows.append(cells)
  }

  /// The table with its first rows only.
  func shortened(to count: Int) -> TextTable {
    var table = self
    table.rows = Array(rows.prefix(count))
    return table
  }
}

extension TextTable {
  private static let gap = 2
  /// Columns that shrink keep this many characters.
  private static let minimumWidth = 8

  /// Writes the table as aligned columns, line by line.
  ///
  /// - Complexity: O(*n*) in the number of cells.
  func write(_ layout: TextLayout, indent: Int = 0, to output: (String) -> Void) {
    let widths = widths(fitting: layout.width.map { $0 - indent })
    let margin = String(repeating: " ", count: indent)
    let titles = line(columns.map(\.title), widths)
    if !columns.allSatisfy({ $0.title.isEmpty }) {
      output(margin + layout.paint(titles, .faint) + "\n")
    }
    for row in rows { output(margin + line(row, widths) + "\n") }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    // Spaces are written before the next cell, so that no line ends with one.
    var pending = 0
    for (index, cell) in cells.enumerated() {
      let isNarrowed = columns[index].shrinks
      let text = isNarrowed ? DisplayWidth.shortened(cell, to: widths[index]) : cell
      let padding = max(0, widths[index] - DisplayWidth.of(text))
      let lead = columns[index].alignment == .right ? padding : 0
      if !text.isEmpty {
        line += String(repeating: " ", count: pending + lead) + text
        pending = padding - lead + Self.gap
      } else {
        pending += padding + Self.gap
      }
    }
    return line
  }

  /// The columns' widths: those of their cells, less what does not fit, taken from the widest that
  /// shrink.
  private func widths(fitting limit: Int?) -> [Int] {
    var widths = columns.map { DisplayWidth.of($0.title) }
    for row in rows {
      for (index, cell) in row.enumerated() {
        widths[index] = max(widths[index], DisplayWidth.of(cell))
      }
    }
    guard let limit else { return widths }
    var excess = widths.reduce(0, +) + Self.gap * (columns.count - 1) - limit
    while excess > 0 {
      let candidates = columns.indices.filter {
        columns[$0].shrinks && widths[$0] > Self.minimumWidth
      }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      // Down to the next one, or as far as needed.
      let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
      let step = min(excess, max(1, widths[widest] - max(next, Self.minimumWidth)))
      widths[widest] -= step
      excess -= step
    }
    return widths
  }
}

extension TextTable {
  /// Writes the table as Markdown (GitHub's tables).
  func writeMarkdown(to output: (String) -> Void) {
    output("| " + columns.map(\.title).joined(separator: " | ") + " |\n")
    let rules = columns.map { $0.alignment == .right ? "---:" : "---" }
    output("| " + rules.joined(separator: " | ") + " |\n")
    for row in rows {
      let cells = zip(columns, row).map { column, cell in
        column.isCode ? Markdown.code(cell) : Markdown.escaped(cell)
      }
      output("| " + cells.joined(separator: " | ") + " |\n")
    }
  }
}
