/// Writes values as Python's `json.dumps` does, whose layout models have been trained with.
struct TemplateJSON {
  var indent: String?
  var itemSeparator = ", "
  var keySeparator = ": "
  var sortsKeys = false
  var isASCII = false
  private var text = ""

  init() {}

  /// The text of a value.
  mutating func text(
    of value: TemplateValue, _ run: inout TemplateRun, _ offset: Int
  ) throws(FailureAt) -> String {
    text = ""
    try write(value, 0, &run, offset)
    return text
  }

  private mutating func write(
    _ value: TemplateValue, _ depth: Int, _ run: inout TemplateRun, _ offset: Int
  ) throws(FailureAt) {
    try run.charge(1, offset)
    switch value {
    case .none: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += String(value)
    case .float(let value):
      text +=
        value.isNaN
        ? "NaN"
        : value.isInfinite
          ? (value < 0 ? "-Infinity" : "Infinity")
          : PythonText.number(value)
    case .string(let string):
      try run.charge(string.utf8.count, offset)
      writeQuoted(string)
    case .list(let list):
      try writeItems(list.elements.count, "[", "]", depth, &run, offset) {
        (json, index, run) throws(FailureAt) in
        try json.write(list.elements[index], depth + 1, &run, offset)
      }
    case .map(let map):
      let members =
        sortsKeys
        ? map.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : map.members
      try writeItems(members.count, "{", "}", depth, &run, offset) {
        (json, index, run) throws(FailureAt) in
        json.writeQuoted(members[index].key)
        json.text += json.keySeparator
        try json.write(members[index].value, depth + 1, &run, offset)
      }
    case .undefined, .macro, .namespace:
      throw FailureAt(offset: offset, message: "\(value.kind) has no JSON text")
    }
  }

  private mutating func writeItems(
    _ count: Int, _ open: String, _ close: String, _ depth: Int, _ run: inout TemplateRun,
    _ offset: Int,
    _ item: (inout TemplateJSON, Int, inout TemplateRun) throws(FailureAt) -> Void
  ) throws(FailureAt) {
    text += open
    for index in 0..<count {
      if index > 0 { text += itemSeparator }
      try breakLine(depth + 1, &run, offset)
      try item(&self, index, &run)
    }
    if count > 0 { try breakLine(depth, &run, offset) }
    text += close
  }

  private mutating func breakLine(
    _ depth: Int, _ run: inout TemplateRun, _ offset: Int
  ) throws(FailureAt) {
    guard let indent else { return }
    try run.charge(indent.utf8.count * depth, offset)
    text += "\n" + String(repeating: indent, count: depth)
  }

  private mutating func writeQuoted(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      default:
        if scalar.value < 0x20 || isASCII && scalar.value > 0x7E {
          for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            writeEscape(unit)
          }
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    text += "\""
  }

  private mutating func writeEscape(_ unit: UInt16) {
    let digits = String(unit, radix: 16)
    text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }
}
