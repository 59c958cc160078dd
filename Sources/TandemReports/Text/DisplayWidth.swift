/// How many columns of a terminal a text takes.
enum DisplayWidth {
  /// The columns of a text without control characters.
  ///
  /// - Complexity: O(*n*); fast for ASCII.
  static func of(_ text: String) -> Int {
    let utf8 = text.utf8
    if utf8.allSatisfy({ $0 < 0x80 }) { return utf8.count }
    return text.reduce(0) { $0 + of($1) }
  }

  /// The columns of one character: two for East Asian wide ones and emoji, none for a mark that
  /// stands alone.
  static func of(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    // U+FE0F asks for the picture, which is wide, of a character that has a narrow form too.
    if isWide(first) || scalars.contains("\u{FE0F}") { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: return 1
    }
  }

  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    // Below Hangul Jamo there is no wide character.
    if scalar.value < 0x1100 { return false }
    if scalar.properties.isEmojiPresentation { return true }
    return wideRanges.contains { $0.contains(scalar.value) }
  }

  /// The blocks whose characters are W or F in Unicode's EastAsianWidth.txt.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
    0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F320,
    0x20000...0x3FFFD,
  ]

  /// The text, or as much of its beginning and end as fits, with `…` between them.
  ///
  /// Names differ at their ends as often as at their beginnings, so the middle goes.
  static func shortened(_ text: String, to width: Int) -> String {
    if of(text) <= width { return text }
    if width <= 1 { return String(repeating: "…", count: max(0, width)) }
    let tail = (width - 1) / 2
    return prefix(of: text, width: width - 1 - tail) + "…"
      + String(prefix(of: text.reversed(), width: tail).reversed())
  }

  /// As many characters from the front as fit.
  private static func prefix(of text: some Sequence<Character>, width: Int) -> String {
    var result = ""
    var left = width
    for character in text {
      left -= of(character)
      if left < 0 { break }
      result.append(character)
    }
    return result
  }
}
