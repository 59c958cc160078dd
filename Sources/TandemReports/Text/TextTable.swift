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
    /// When it is left out so that the table fits: the one with the lowest number first; nil for
    /// never.
    private(set) var leavingOrder: Int?

    enum Alignment { case left, right }

    /// A column of words, on the left.
    static func text(_ title: String) -> Column {
      Column(title: title, alignment: .left, shrinks: false, isCode: false)
    }

    /// A column of text that may be long, on the left.
    static func long(_ title: String) -> Column {
      Column(title: title, alignment: .left, shrinks: true, isCode: false)
    }

    /// A column of names, on the left. They are never shortened: rows differ in them.
    static func name(_ title: String) -> Column {
      Column(title: title, alignment: .left, shrinks: false, isCode: true)
    }

    /// A column of numbers, on the right.
    static func number(_ title: String) -> Column {
      Column(title: title, alignment: .right, shrinks: false, isCode: false)
    }

    /// The column as one that is left out, in this order, of a table that is too wide.
    func leaving(_ order: Int) -> Column {
      var column = self
      column.leavingOrder = order
      return column
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
  /// Where it does not fit, columns that may leave do, then long texts are shortened; names are
  /// not, so that lines may be longer than they should.
  ///
  /// - Complexity: O(*n*) in the number of cells.
  func write(_ layout: TextLayout, indent: Int = 0, to output: (String) -> Void) {
    let limit = layout.width.map { $0 - indent }
    var widths = naturalWidths
    let shown = shownColumns(widths, fitting: limit)
    narrow(&widths, of: shown, to: limit)
    let margin = String(repeating: " ", count: indent)
    if !columns.allSatisfy({ $0.title.isEmpty }) {
      let titles = line(columns.map(\.title), shown, widths)
      output(margin + layout.paint(titles, .faint) + "\n")
    }
    for row in rows { output(margin + line(row, shown, widths) + "\n") }
  }

  private func line(_ cells: [String], _ shown: [Int], _ widths: [Int]) -> String {
    var line = ""
    // Spaces are written before the next cell, so that no line ends with one.
    var pending = 0
    for index in shown {
      let cell = cells[index]
      let text =
        columns[index].shrinks ? DisplayWidth.shortened(cell, to: widths[index]) : cell
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

  /// What the columns' titles and cells take.
  private var naturalWidths: [Int] {
    var widths = columns.map { DisplayWidth.of($0.title) }
    for row in rows {
      for (index, cell) in row.enumerated() {
        widths[index] = max(widths[index], DisplayWidth.of(cell))
      }
    }
    return widths
  }

  /// The columns that are not left out.
  private func shownColumns(_ widths: [Int], fitting limit: Int?) -> [Int] {
    var shown = Array(columns.indices)
    guard let limit else { return shown }
    let leaving = shown.compactMap { index in columns[index].leavingOrder.map { ($0, index) } }
    for (_, index) in leaving.sorted(by: { $0.0 < $1.0 }) {
      let least = shown.map {
        columns[$0].shrinks ? min(widths[$0], Self.minimumWidth) : widths[$0]
      }
      if least.reduce(0, +) + Self.gap * (shown.count - 1) <= limit { break }
      shown.removeAll { $0 == index }
    }
    return shown
  }

  /// Takes what does not fit from the widest columns that shrink.
  private func narrow(_ widths: inout [Int], of shown: [Int], to limit: Int?) {
    guard let limit else { return }
    var excess = shown.reduce(0) { $0 + widths[$1] } + Self.gap * (shown.count - 1) - limit
    while excess > 0 {
      let candidates = shown.filter { columns[$0].shrinks && widths[$0] > Self.minimumWidth }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      // Down to the next one, or as far as needed.
      let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
      let step = min(excess, max(1, widths[widest] - max(next, Self.minimumWidth)))
      widths[widest] -= step
      excess -= step
    }
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
