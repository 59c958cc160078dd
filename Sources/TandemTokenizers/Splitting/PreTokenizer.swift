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
  /// The rules that GGUF names in `tokenizer.ggml.pre`; nil for a name that is not known.
  ///
  /// The names and their patterns are those of llama.cpp (`src/llama-vocab.cpp`).
  init?(ggufName name: String) {
    switch name {
    case "gpt-2", "gpt2", "phi-2", "mpt", "olmo", "jais", "roberta-bpe", "default":
      rules = [.words(.gpt2)]
    case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
      rules = [.digits(limit: 1), .words(.gpt2)]
    case "qwen2", "stablelm2", "deepseek-r1-qwen", "hunyuan", "megrez":
      rules = [.words(WordPattern(contractions: .anyCase, digitLimit: 1))]
    case "llama-bpe", "llama3", "llama-v3", "falcon3", "dbrx", "smaug-bpe":
      rules = [.words(WordPattern(contractions: .anyCase, digitLimit: 3))]
    default: return nil
    }
  }

  /// Whether a word that is a token as a whole is not made by merging (llama.cpp).
  static func ignoresMerges(ggufName name: String) -> Bool {
    ["llama-bpe", "llama3", "llama-v3", "falcon3"].contains(name)
  }
}
