import TandemBytes

/// A report as its parts, which text for a person and Markdown are both made from.
struct ReportText: Sendable {
  enum Part: Sendable {
    case heading(String, level: Int)
    /// Labels and values.
    case facts([(String, String)])
    case table(TextTable)
    case paragraph(String, TextStyle)
    /// The first lines of a text that is shown as it is, and whether there are more.
    case lines([String], areCut: Bool)
  }

  private(set) var parts: [Part] = []

  init() {}

  /// Begins the report (level 1) or a part of it.
  mutating func heading(_ text: String, level: Int = 2) {
    parts.append(.heading(text.printable, level: level))
  }

  /// Adds labels with values; those without a value are left out.
  mutating func facts(_ facts: [(String, String?)]) {
    let known = facts.compactMap { label, value in value.map { (label, $0.printable) } }
    if !known.isEmpty { parts.append(.facts(known)) }
  }

  /// Adds a table; one without rows is left out.
  mutating func table(_ table: TextTable) {
    if !table.rows.isEmpty { parts.append(.table(table)) }
  }

  mutating func paragraph(_ text: String, _ style: TextStyle = .plain) {
    parts.append(.paragraph(text.printable, style))
  }

  /// Adds the first lines of a text that is not to be wrapped into paragraphs.
  mutating func lines(_ lines: [String], limit: Int) {
    parts.append(.lines(lines.prefix(limit).map(\.printable), areCut: lines.count > limit))
  }

  /// Writes the report for a person.
  func write(_ layout: TextLayout, to output: (String) -> Void) {
    for (index, part) in parts.enumerated() {
      if index > 0, !part.continues(parts[index - 1]) { output("\n") }
      switch part {
      case .heading(let text, _): output(layout.paint(text, .heading) + "\n")
      case .facts(let facts):
        let width = facts.map { DisplayWidth.of($0.0) }.max() ?? 0
        for (label, value) in facts {
          let gap = String(repeating: " ", count: width - DisplayWidth.of(label) + 2)
          let lines = layout.wrap(value, indent: width + 4)
          let margin = "\n" + String(repeating: " ", count: width + 4)
          output("  " + layout.paint(label, .faint) + gap + lines.joined(separator: margin) + "\n")
        }
      case .table(let table): table.write(layout, indent: 2, to: output)
      case .paragraph(let text, let style):
        for line in layout.wrap(text, indent: 0) { output(layout.paint(line, style) + "\n") }
      case .lines(let lines, let areCut):
        for line in lines {
          for part in layout.wrap(line, indent: 2) { output("  " + part + "\n") }
        }
        if areCut { output("  " + layout.paint("…", .faint) + "\n") }
      }
    }
  }

  /// Writes the report as Markdown.
  func writeMarkdown(to output: (String) -> Void) {
    for (index, part) in parts.enumerated() {
      if index > 0 { output("\n") }
      switch part {
      case .heading(let text, let level):
        output(String(repeating: "#", count: level) + " " + Markdown.escaped(text) + "\n")
      case .facts(let facts):
        for (label, value) in facts { output("- \(label): \(Markdown.escaped(value))\n") }
      case .table(let table): table.writeMarkdown(to: output)
      case .paragraph(let text, _): output(Markdown.escaped(text) + "\n")
      case .lines(let lines, let areCut):
        let shown = lines + (areCut ? ["…"] : [])
        output(shown.map { "    \($0)\n" }.joined())
      }
    }
  }

  /// The whole text for a person.
  func text(_ layout: TextLayout = TextLayout()) -> String {
    var text = ""
    write(layout) { text += $0 }
    return text
  }

  /// The whole Markdown.
  var markdown: String {
    var text = ""
    writeMarkdown { text += $0 }
    return text
  }
}

extension ReportText.Part {
  /// Whether no empty line stands between this and the part before it.
  fileprivate func continues(_ previous: Self) -> Bool {
    switch (previous, self) {
    case (.heading, .heading), (.facts, _), (.table, _), (.paragraph, _), (.lines, _): false
    case (.heading, _): true
    }
  }
}
