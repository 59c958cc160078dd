extension String {
  /// The text with every control, format and line-separator character written as an escape, so that
  /// a name from a file cannot move the cursor, hide text or reorder it on a terminal.
  public var printable: String {
    if unicodeScalars.allSatisfy(\.isPrintable) { return self }
    var result = ""
    for scalar in unicodeScalars {
      if scalar.isPrintable {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  /// Whether the character can stand in a message: not a control, format or line-separator
  /// character.
  public var isPrintable: Bool {
    if isASCII { return value >= 0x20 && value != 0x7F }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return false
    default: return true
    }
  }
}
