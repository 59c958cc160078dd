import TandemBytes
import TandemModels

/// A part of a text on the way to tokens.
enum Fragment: Equatable {
  case text(Range<Int>)
  case token(Int)
}

extension AddedTokenMatcher {
  /// Cuts a text into tokens and what lies between them, which is never empty.
  ///
  /// - Parameters:
  ///   - readsSpecial: Whether special tokens are told; if not, they are plain text.
  ///   - skipsSpecial: Whether plain text of a special token is not searched for other tokens: as
  ///     Hugging Face's tokenizers do, and llama.cpp does not.
  /// - Complexity: O(*n*) in the bytes, times the longest token where texts resemble it.
  func fragments(
    of text: RawSpan, readsSpecial: Bool, skipsSpecial: Bool
  ) -> [Fragment] {
    guard !isEmpty else { return text.isEmpty ? [] : [.text(0..<text.byteCount)] }
    var fragments: [Fragment] = []
    var textStart = 0
    var searchStart = 0
    let ignores = !readsSpecial && !skipsSpecial
    while let (token, found) = next(in: text, from: searchStart, ignoringSpecial: ignores) {
      searchStart = found.upperBound
      if !readsSpecial && token.isSpecial { continue }
      if token.isSingleWord && text.isWordAround(found) { continue }
      let start =
        token.stripsLeft
        ? max(textStart, text.startOfSpace(before: found.lowerBound)) : found.lowerBound
      let end = token.stripsRight ? text.endOfSpace(from: found.upperBound) : found.upperBound
      if textStart < start { fragments.append(.text(textStart..<start)) }
      fragments.append(.token(token.id))
      textStart = end
      searchStart = max(searchStart, end)
    }
    if textStart < text.byteCount { fragments.append(.text(textStart..<text.byteCount)) }
    return fragments
  }
}

extension RawSpan {
  /// Whether a letter, digit or underscore touches a range.
  fileprivate func isWordAround(_ range: Range<Int>) -> Bool {
    let before = range.lowerBound > 0 && scalar(before: range.lowerBound).scalar.isWord
    return before || range.upperBound < byteCount && scalar(at: range.upperBound).scalar.isWord
  }

  private func scalar(before end: Int) -> (scalar: Unicode.Scalar, start: Int) {
    var start = end - 1
    while start > 0, byte(at: start) & 0xC0 == 0x80 { start -= 1 }
    return (scalar(at: start).scalar, start)
  }

  fileprivate func startOfSpace(before end: Int) -> Int {
    var start = end
    while start > 0 {
      let previous = scalar(before: start)
      guard previous.scalar.properties.isWhitespace else { break }
      start = previous.start
    }
    return start
  }

  fileprivate func endOfSpace(from start: Int) -> Int {
    var end = start
    while end < byteCount {
      let next = scalar(at: end)
      guard next.scalar.properties.isWhitespace else { break }
      end = next.end
    }
    return end
  }
}

extension Unicode.Scalar {
  /// `\w` of Unicode's regular expressions (UTS #18, annex C).
  fileprivate var isWord: Bool {
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return false
    }
  }
}
