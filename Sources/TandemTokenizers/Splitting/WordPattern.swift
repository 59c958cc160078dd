import TandemBytes

/// The patterns that cut a text into words before merging, which byte-level tokenizers share.
///
/// They are regular expressions in the sources; here each is a scan that does what its
/// alternatives do, in their order, without backtracking.
struct WordPattern: Hashable, Sendable {
  /// How the alternative `'s|'t|'re|'ve|'m|'ll|'d` treats upper case.
  enum Contractions: Sendable {
    case lowercase
    /// `'[sS]|…`.
    case anyCase
    /// `(?i:'s|…)`, by which the long s, U+017F, is an s as well.
    case anyCaseOfUnicode
  }

  var contractions: Contractions
  /// The digits of a number, and at most that many; nil for GPT-2's pattern, in which words,
  /// numbers and signs alike take one space before them.
  var digitLimit: Int?

  /// GPT-2's, `openai/gpt-2: src/encoder.py`:
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  static let gpt2 = WordPattern(contractions: .lowercase, digitLimit: nil)
}

extension WordPattern {
  /// The end of the word that begins at the start of a text.
  ///
  /// - Precondition: The text is well-formed UTF-8 and not empty.
  /// - Complexity: O(*n*) in the bytes of the word and of the white space that it begins with.
  func endOfWord(_ text: RawSpan) -> Int {
    if text.byte(at: 0) == UInt8(ascii: "'"), let end = endOfContraction(text) { return end }
    return digitLimit == nil ? endOfSpacedWord(text) : endOfFreeWord(text)
  }

  /// ` ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
  private func endOfSpacedWord(_ text: RawSpan) -> Int {
    var body = text.classified(at: 0)
    if text.byte(at: 0) == 0x20, body.end < text.byteCount {
      let next = text.classified(at: body.end)
      if !next.class.isSpace { body = next }
    }
    if body.class.isSpace { return Self.endOfSpace(text).end }
    return text.endOfRun(of: body.class, from: body.end)
  }

  /// `[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,k}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
  private func endOfFreeWord(_ text: RawSpan) -> Int {
    let first = text.classified(at: 0)
    let next =
      first.end < text.byteCount ? text.classified(at: first.end) : (class: .newline, end: 0)
    switch first.class {
    case .letter: return text.endOfRun(of: .letter, from: first.end)
    case .number:
      return text.endOfRun(of: .number, from: 0, limit: digitLimit ?? .max)
    case .other, .space:
      if next.class == .letter { return text.endOfRun(of: .letter, from: next.end) }
      if first.class == .other || text.byte(at: 0) == 0x20 && next.class == .other {
        let signs = text.endOfRun(of: .other, from: first.end)
        return text.endOfRun(of: .newline, from: signs)
      }
    case .newline: break
    }
    let space = Self.endOfSpace(text)
    return space.behindNewline ?? space.end
  }

  /// The end of white space: all of a run at the text's end, else all but its last character,
  /// which belongs to what follows, unless it is the only one.
  private static func endOfSpace(_ text: RawSpan) -> (end: Int, behindNewline: Int?) {
    var end = 0
    var last = 0
    var behindNewline: Int?
    while end < text.byteCount {
      let next = text.classified(at: end)
      guard next.class.isSpace else { return (last > 0 ? last : end, behindNewline) }
      last = end
      end = next.end
      if next.class == .newline { behindNewline = end }
    }
    return (end, behindNewline)
  }

  /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d`, nil if none of them begins the text.
  private func endOfContraction(_ text: RawSpan) -> Int? {
    guard text.byteCount > 1 else { return nil }
    func letter(at offset: Int) -> UInt8 {
      guard offset < text.byteCount else { return 0 }
      let byte = text.byte(at: offset)
      return contractions != .lowercase && 0x41...0x5A ~= byte ? byte | 0x20 : byte
    }
    let second = letter(at: 2)
    switch letter(at: 1) {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return second == UInt8(ascii: "e") ? 3 : nil
    case UInt8(ascii: "l"): return second == UInt8(ascii: "l") ? 3 : nil
    case 0xC5: return contractions == .anyCaseOfUnicode && second == 0xBF ? 3 : nil
    default: return nil
    }
  }
}
