public import TandemBytes
import TandemJSON

/// What a check of an input found, most severe first.
public struct FindingsReport: Report, Sendable {
  /// What was checked, as the user named it.
  public let subject: String
  public let findings: Findings
  /// What the author of a pair accepts: it is counted, and no more.
  private let accepted: Findings

  public init(_ subject: String, _ findings: Findings, accepted: Findings = Findings()) {
    self.subject = subject
    self.findings = findings
    self.accepted = accepted
  }

  /// The findings in order: most severe first, those of one code together, else as they were made.
  public var sorted: [Finding] {
    var firstOfCode: [String: Int] = [:]
    for (index, finding) in findings.all.enumerated() where firstOfCode[finding.code] == nil {
      firstOfCode[finding.code] = index
    }
    func key(_ index: Int) -> (Int, Int, Int) {
      let finding = findings.all[index]
      return (finding.severity.rank, firstOfCode[finding.code] ?? 0, index)
    }
    return findings.all.indices.sorted { key($0) < key($1) }.map { findings.all[$0] }
  }

  /// How many findings of a severity were made, those that were not kept too.
  public func count(_ severity: Severity) -> Int {
    let codes = Set(findings.all.lazy.filter { $0.severity == severity }.map(\.code))
    return codes.reduce(0) { $0 + (findings.counts[$1] ?? 0) }
  }

  /// One sentence: `model.gguf: 2 errors, 1 warning`.
  public var summary: String {
    let counts = Severity.allCases.reversed().compactMap { severity in
      let count = count(severity)
      return count > 0 ? Numbers.counted(count, severity.rawValue) : nil
    }
    return "\(subject.printable): "
      + (counts.isEmpty ? "no findings" : counts.joined(separator: ", "))
  }
}

extension Severity {
  /// 0 for the most severe.
  fileprivate var rank: Int {
    switch self {
    case .error: 0
    case .warning: 1
    case .note: 2
    }
  }

  var style: TextStyle {
    switch self {
    case .error: .error
    case .warning: .warning
    case .note: .note
    }
  }
}

extension FindingsReport {
  private static let indent = 2

  /// Writes each finding (where, what, what to do, code) and the summary for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    writeFindings(layout, to: output)
    output(layout.paint(summary, findings.worstSeverity?.style ?? .good) + "\n")
  }

  /// Writes each finding for a person.
  public func writeFindings(_ layout: TextLayout, to output: (String) -> Void) {
    let sorted = sorted
    for (index, finding) in sorted.enumerated() {
      write(finding, layout, to: output)
      let isLastOfCode = index + 1 == sorted.count || sorted[index + 1].code != finding.code
      if isLastOfCode, let omitted = findings.omitted.first(where: { $0.code == finding.code }) {
        let text = "… and \(Numbers.grouped(omitted.count)) more of \(omitted.code)"
        output(layout.paint(text, .faint) + "\n")
      }
      output("\n")
    }
  }

  private func write(_ finding: Finding, _ layout: TextLayout, to output: (String) -> Void) {
    let severity = layout.paint("\(finding.severity)", finding.severity.style)
    output("\(severity) \(layout.paint(finding.code, .faint))  \(finding.place)\n")
    let margin = String(repeating: " ", count: Self.indent)
    for line in layout.wrap(finding.message.printable, indent: Self.indent) {
      output(margin + line + "\n")
    }
    guard let remedy = finding.remedy else { return }
    for (index, line) in layout.wrap(remedy.printable, indent: Self.indent + 2).enumerated() {
      output(margin + (index == 0 ? "→ " : "  ") + line + "\n")
    }
  }
}

extension Finding {
  /// File, tensor or key, and offset: `model.safetensors: 'a' at byte 96`.
  fileprivate var place: String {
    var place = file.printable
    if let item { place += ": '\(item.printable)'" }
    if let offset { place += " at byte \(Numbers.grouped(offset))" }
    return place
  }
}

extension FindingsReport {
  /// Writes the report as JSON (`schemas/findings.schema.json`), one line a finding.
  public func writeJSON(to output: @escaping (String) -> Void) {
    var stream = JSONStream(pretty: true, to: output)
    stream.beginObject()
    stream.write(.string(subject), key: "path")
    writeMembers(to: &stream)
    stream.end()
    output("\n")
  }

  /// Writes the report's members into an open object.
  func writeMembers(to stream: inout JSONStream) {
    stream.write(
      .object([
        ("error", .integer(count(.error))), ("warning", .integer(count(.warning))),
        ("note", .integer(count(.note))),
      ]), key: "counts", onOneLine: true)
    stream.beginArray(key: "findings")
    for finding in sorted { stream.write(finding.json, onOneLine: true) }
    stream.end()
    stream.beginArray(key: "omitted")
    for (code, count) in findings.omitted { write(code, count, to: &stream) }
    stream.end()
    stream.beginArray(key: "accepted")
    for (code, count) in accepted.counts.sorted(by: { $0.key < $1.key }) {
      write(code, count, to: &stream)
    }
    stream.end()
  }

  private func write(_ code: String, _ count: Int, to stream: inout JSONStream) {
    stream.write(.object([("code", .string(code)), ("count", .integer(count))]), onOneLine: true)
  }
}

extension Finding {
  /// The finding as JSON; what it does not have is null.
  var json: JSONOutput {
    .object([
      ("severity", .string(severity.rawValue)), ("code", .string(code)), ("file", .string(file)),
      ("item", item.map { .string($0) } ?? .null), ("offset", offset.map { .integer($0) } ?? .null),
      ("message", .string(message)), ("remedy", remedy.map { .string($0) } ?? .null),
    ])
  }
}
