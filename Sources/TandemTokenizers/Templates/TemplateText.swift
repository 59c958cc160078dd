extension TemplateRun {
  /// What a value prints as: Python's `str`.
  mutating func text(of value: TemplateValue, _ offset: Int) throws(FailureAt) -> String {
    if case .string(let text) = value { return text }
    if value.isUndefined { return "" }
    var text = ""
    try write(value, to: &text, offset)
    return text
  }

  /// Python's `repr`.
  private mutating func write(
    _ value: TemplateValue, to text: inout String, _ offset: Int
  ) throws(FailureAt) {
    try charge(1, offset)
    switch value {
    case .undefined: text += "Undefined"
    case .none: text += "None"
    case .bool(let value): text += value ? "True" : "False"
    case .int(let value): text += String(value)
    case .float(let value): text += PythonText.number(value)
    case .string(let string):
      try charge(string.utf8.count, offset)
      text += PythonText.quoted(string)
    case .list(let list):
      var separator = "["
      for element in list.elements {
        text += separator
        try write(element, to: &text, offset)
        separator = ", "
      }
      text += list.elements.isEmpty ? "[]" : "]"
    case .map(let map):
      var separator = "{"
      for (key, value) in map.members {
        try charge(key.utf8.count, offset)
        text += separator + PythonText.quoted(key) + ": "
        try write(value, to: &text, offset)
        separator = ", "
      }
      text += map.members.isEmpty ? "{}" : "}"
    case .macro, .namespace:
      throw FailureAt(offset: offset, message: "\(value.kind) has no text")
    }
  }
}

/// How Python writes values.
enum PythonText {
  static func number(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    // Python writes integers in full below 1e16, as Swift does below 2^53 or so.
    if value == value.rounded(), abs(value) >= 9e15, abs(value) < 1e16 {
      return "\(Int(value)).0"
    }
    return value.description
  }

  /// A string in quotes, with escapes for what cannot be seen.
  static func quoted(_ text: String) -> String {
    let quote: Unicode.Scalar =
      text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
    var result = String(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case quote: result += "\\\(quote)"
      default:
        if isVisible(scalar) {
          result.unicodeScalars.append(scalar)
        } else {
          result += escaped(scalar)
        }
      }
    }
    return result + String(quote)
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return 0x20..<0x7F ~= scalar.value }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    let (mark, count) =
      scalar.value < 0x100 ? ("\\x", 2) : scalar.value < 0x10000 ? ("\\u", 4) : ("\\U", 8)
    return mark + String(repeating: "0", count: count - digits.utf8.count) + digits
  }

  /// White space for Python's `str.strip` and `str.split`.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    0x1C...0x1F ~= scalar.value || scalar.properties.isWhitespace
  }

  static func stripped(
    _ text: String, left: Bool = true, right: Bool = true,
    of isStripped: (Unicode.Scalar) -> Bool = isSpace
  ) -> String {
    var scalars = Substring(text).unicodeScalars
    if left { scalars = scalars.drop(while: isStripped) }
    while right, let last = scalars.last, isStripped(last) { scalars.removeLast() }
    return String(scalars)
  }
}
