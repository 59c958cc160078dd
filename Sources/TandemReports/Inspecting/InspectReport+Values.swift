import TandemBytes
import TandemCheckpoints
import TandemJSON

extension InspectReport {
  /// A value that is no tensor.
  struct Value: Sendable {
    let name: String
    let value: PyTorchValue
  }

  /// How many values a person is shown.
  private static let shownValueCount = 40

  static func values(of checkpoint: Checkpoint) -> [Value] {
    guard case .pytorch(let files) = checkpoint.metadata else { return [] }
    return files.flatMap(\.entries).map { Value(name: $0.name, value: $0.value) }
  }

  func writeValues(to text: inout ReportText) {
    if values.isEmpty { return }
    var table = TextTable([.name("name"), .long("value")])
    for value in values.prefix(Self.shownValueCount) {
      let shown = value.value.description
      table.add([
        value.name.printable, String(shown.prefix(200)).printable + (shown.count > 200 ? "…" : ""),
      ])
    }
    let rest = values.count - Self.shownValueCount
    text.heading(
      "Other values" + (rest > 0 ? ", the first \(Self.shownValueCount) of \(values.count)" : ""))
    text.table(table)
  }

  func writeValues(to stream: inout JSONStream) {
    if values.isEmpty { return }
    stream.beginArray(key: "values")
    for value in values {
      stream.write(
        .object([("name", .string(value.name)), ("value", value.value.json)]), onOneLine: true)
    }
    stream.end()
  }
}

extension PyTorchValue {
  /// Numbers and texts as themselves; what JSON does not have as text.
  fileprivate var json: JSONOutput {
    switch self {
    case .none: .null
    case .bool(let flag): .bool(flag)
    case .int(let number): .integer(number)
    case .float(let number) where number.isFinite: .number(number)
    case .list(let values): .array(values.map(\.json))
    case .float, .text, .other: .string(description)
    }
  }
}
