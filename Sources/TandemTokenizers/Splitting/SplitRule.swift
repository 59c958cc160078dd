import TandemBytes

/// One step in cutting a text into the pieces within which tokens are made.
enum SplitRule: Hashable, Sendable {
  case words(WordPattern)
  /// Runs of at most that many digits are pieces of their own.
  case digits(limit: Int)
  /// White space goes, punctuation is cut off character by character (BERT).
  case bert
  /// White space goes.
  case whitespace
  /// A piece begins with each mark of a space, U+2581 (SentencePiece).
  case beforeSpaceMark
  /// A piece ends with each space.
  case behindSpace

  /// The end of the piece that begins at the start of a text, and whether it is thrown away.
  ///
  /// - Precondition: The text is well-formed UTF-8 and not empty.
  @inline(__always)
  func nextPiece(_ text: RawSpan) -> (end: Int, isRemoved: Bool) {
    switch self {
    case .words(let pattern): (pattern.endOfWord(text), false)
    case .digits(let limit): (Self.endOfDigits(text, limit), false)
    case .bert: Self.bertPiece(text)
    case .whitespace: Self.spacedPiece(text)
    case .beforeSpaceMark: (Self.endBeforeSpaceMark(text), false)
    case .behindSpace: (Self.endBehindSpace(text), false)
    }
  }

  private static func endOfDigits(_ text: RawSpan, _ limit: Int) -> Int {
    let digits = text.endOfRun(of: .number, from: 0, limit: limit)
    if digits > 0 { return digits }
    return end(text) { ScalarClass($0) == .number }
  }

  /// The offset of the first character that fulfils a condition, or the text's end.
  private static func end(_ text: RawSpan, before condition: (Unicode.Scalar) -> Bool) -> Int {
    var end = 0
    while end < text.byteCount {
      let (scalar, next) = text.scalar(at: end)
      if condition(scalar) { return end }
      end = next
    }
    return end
  }

  private static func bertPiece(_ text: RawSpan) -> (end: Int, isRemoved: Bool) {
    let (scalar, next) = text.scalar(at: 0)
    if scalar.properties.isWhitespace { return (next, true) }
    if scalar.isPunctuation { return (next, false) }
    return (end(text) { $0.properties.isWhitespace || $0.isPunctuation }, false)
  }

  private static func spacedPiece(_ text: RawSpan) -> (end: Int, isRemoved: Bool) {
    let (scalar, next) = text.scalar(at: 0)
    if scalar.properties.isWhitespace { return (next, true) }
    return (end(text) { $0.properties.isWhitespace }, false)
  }

  private static func endBeforeSpaceMark(_ text: RawSpan) -> Int {
    let first = text.scalar(at: 0).end
    return first + end(text.extracting(first..<text.byteCount)) { $0 == "\u{2581}" }
  }

  private static func endBehindSpace(_ text: RawSpan) -> Int {
    min(end(text) { $0 == " " } + 1, text.byteCount)
  }
}

extension Unicode.Scalar {
  /// Whether BERT cuts it off: ASCII signs, `$` and `^` among them, and `\p{P}`.
  fileprivate var isPunctuation: Bool {
    if isASCII {
      switch value {
      case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
      default: return false
      }
    }
    switch bertCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }
}
