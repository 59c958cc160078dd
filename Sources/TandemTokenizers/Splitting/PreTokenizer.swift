import TandemBytes
import TandemModels

/// How a text is cut before tokens are made, and what is put before it.
struct PreTokenizer: Sendable {
  /// When a mark is put before a text.
  enum Prefixing: Sendable { case never, first, always }

  /// Applied one within the other.
  var rules: [SplitRule] = []
  /// A space, or its mark.
  var prefix: [UInt8] = []
  var prefixing = Prefixing.never
  /// Whether the prefix is put also before a text that begins with it.
  var repeatsPrefix = false
  /// Whether spaces become marks, U+2581.
  var marksSpaces = false

  /// Whether texts are only cut.
  var keepsText: Bool { prefixing == .never && !marksSpaces }

  /// Passes the pieces of a text in their order.
  ///
  /// - Complexity: O(*n*) for each rule.
  @inline(__always)
  func forEachPiece(of text: RawSpan, _ body: (Range<Int>) -> Void) {
    guard let rule = rules.last else { return body(0..<text.byteCount) }
    if rules.count == 1 {
      Self.cut(text, 0..<text.byteCount, rule, body)
    } else {
      cut(text, 0..<text.byteCount, from: 0, body)
    }
  }

  private func cut(
    _ text: RawSpan, _ range: Range<Int>, from step: Int, _ body: (Range<Int>) -> Void
  ) {
    if step == rules.count - 1 { return Self.cut(text, range, rules[step], body) }
    Self.cut(text, range, rules[step]) { cut(text, $0, from: step + 1, body) }
  }

  @inline(__always)
  private static func cut(
    _ text: RawSpan, _ range: Range<Int>, _ rule: SplitRule, _ body: (Range<Int>) -> Void
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      let piece = rule.nextPiece(text.extracting(start..<range.upperBound))
      let end = start + piece.end
      if !piece.isRemoved { body(start..<end) }
      start = end
    }
  }

  /// The text with its prefix and marks.
  ///
  /// - Parameter isFirst: Whether nothing comes before it.
  func prepared(_ text: [UInt8], isFirst: Bool) -> [UInt8] {
    var text = text
    if marksSpaces { text = text.replacing([0x20], with: Self.spaceMark) }
    let isPrefixed = prefixing == .always || prefixing == .first && isFirst
    if isPrefixed, !text.isEmpty, repeatsPrefix || !text.starts(with: prefix) {
      text = prefix + text
    }
    return text
  }

  static let spaceMark = Array("\u{2581}".utf8)
}

extension PreTokenizer {
  /// The rules of a way to cut that GGUF names in `tokenizer.ggml.pre`; nil for one whose pattern is
  /// not known.
  init?(_ form: PreTokenizerForm) {
    for step in form.steps {
      switch step {
      case .split(let pattern):
        guard var words = Self.wordPatterns[pattern] else { return nil }
        // llama.cpp spells the contractions out in ASCII (`llm_tokenizer_bpe`).
        words.contractions = .anyCase
        rules.append(.words(words))
      case .digits(let areIndividual): rules.append(.digits(limit: areIndividual ? 1 : .max))
      case .byteLevel(let hasPattern): if hasPattern { rules.append(.words(.gpt2)) }
      }
    }
  }
}
