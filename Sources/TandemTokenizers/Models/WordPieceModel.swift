import TandemBytes
import TandemModels

/// BERT's model: of a word the longest token, then of the rest, with a prefix, again; a word that
/// cannot be put together so is unknown as a whole (`google-research/bert: tokenization.py`).
struct WordPieceModel: Sendable {
  private let vocabulary: Vocabulary
  private let prefix: [UInt8]
  /// A longer word, in characters, is unknown.
  private let characterLimit: Int
  private let unknownID: Int?
  private let longestByteCount: Int

  init(_ vocabulary: Vocabulary, prefix: String, characterLimit: Int, unknownID: Int?) {
    self.vocabulary = vocabulary
    self.prefix = Array(prefix.utf8)
    self.characterLimit = characterLimit
    self.unknownID = unknownID
    longestByteCount = (0..<vocabulary.tokenCount).reduce(0) {
      max($0, vocabulary.tokens[$1].byteCount)
    }
  }

  /// Appends the tokens of a word.
  ///
  /// - Complexity: O(*n* · *m*) in the word's bytes and those of the longest token.
  func encode(_ word: RawSpan, to ids: inout [Int]) {
    let count = ids.count
    guard word.characterCount <= characterLimit else { return appendUnknown(&ids) }
    var start = 0
    while start < word.byteCount {
      guard let (id, end) = longest(word, from: start) else {
        ids.removeLast(ids.count - count)
        return appendUnknown(&ids)
      }
      ids.append(id)
      start = end
    }
  }

  private func appendUnknown(_ ids: inout [Int]) {
    if let unknownID { ids.append(unknownID) }
  }

  private func longest(_ word: RawSpan, from start: Int) -> (id: Int, end: Int)? {
    var end = min(word.byteCount, start + longestByteCount)
    while end > start {
      let isBoundary = end == word.byteCount || word.byte(at: end) & 0xC0 != 0x80
      if isBoundary, let id = id(word.extracting(start..<end), isFirst: start == 0) {
        return (id, end)
      }
      end -= 1
    }
    return nil
  }

  private func id(_ text: RawSpan, isFirst: Bool) -> Int? {
    if isFirst { return vocabulary.id(of: text) }
    var prefixed = prefix
    prefixed.append(text)
    return vocabulary.id(of: prefixed.rawSpan)
  }
}

extension RawSpan {
  fileprivate var characterCount: Int {
    byteOffsets.reduce(0) { byte(at: $1) & 0xC0 == 0x80 ? $0 : $0 + 1 }
  }
}
