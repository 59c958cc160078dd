import TandemBytes

/// Merge rules as scores of tokens, and the other way round.
///
/// SentencePiece merges the pair whose outcome has the highest score; Hugging Face's tokenizers the
/// pair whose rule comes first. Outcomes in the order of their first rules, scored 0, -1, -2, …, are
/// how SentencePiece itself scores them.
enum MergeScores {
  /// The scores of tokens, by id.
  ///
  /// Tokens that no rule makes come behind those that one makes, in the order of their ids, as
  /// SentencePiece has its characters; the added ones and bytes have the scores of its converters.
  ///
  /// - Parameter types: One for each token.
  static func scores(_ merges: [MergeRule], _ types: [TokenType]) -> [Float] {
    var scores = [Float?](repeating: nil, count: types.count)
    var next: Float = 0
    for rule in merges where types[Int(rule.merged)] == .normal && scores[Int(rule.merged)] == nil {
      scores[Int(rule.merged)] = next
      next -= 1
    }
    for (id, type) in types.enumerated() where scores[id] == nil {
      switch type {
      case .normal:
        scores[id] = next
        next -= 1
      case .byte: scores[id] = 0
      case .unknown, .control, .userDefined, .unused: scores[id] = -1000
      }
    }
    return scores.map { $0 ?? 0 }
  }

  /// A rule as the tokens' ids.
  struct Rule {
    let left: Int
    let right: Int
    fileprivate let score: Float
    fileprivate let leftLength: Int
    fileprivate let rightLength: Int
  }

  /// The longest token that is cut, in bytes; those of SentencePiece have 16 characters.
  private static let longestToken = 256

  /// The rules that scores stand for: each cut of a token into two tokens, those with the highest
  /// score first (`generate_merges` in transformers).
  ///
  /// - Parameters:
  ///   - texts: The tokens' texts by id, empty for those that no rule makes or uses.
  ///   - score: A token's score.
  /// - Complexity: O(*n* · *m*) for *n* tokens of *m* characters.
  static func rules(_ texts: TokenTexts, score: (Int) -> Float) -> [Rule] {
    var index = TokenIndex(capacity: texts.count)
    for id in 0..<texts.count where texts[id].byteCount > 0 { _ = index.insert(id, of: texts) }
    var rules: [Rule] = []
    for id in 0..<texts.count where 2...longestToken ~= texts[id].byteCount {
      rules += cuts(of: texts[id], score: score(id)) { index.find($0, in: texts) }
    }
    // The sort of the standard library is stable.
    rules.sort {
      ($0.score, $0.leftLength, $0.rightLength) > ($1.score, $1.leftLength, $1.rightLength)
    }
    return rules
  }

  /// The cuts of one token, in the order of the ids of its parts.
  private static func cuts(of text: RawSpan, score: Float, find: (RawSpan) -> Int?) -> [Rule] {
    // Bytes that go on with a character begin with the bits 10.
    let starts = (0..<text.byteCount).filter { text.byte(at: $0) & 0xC0 != 0x80 }
    var cuts: [Rule] = []
    for (length, place) in starts.enumerated() where place > 0 {
      guard let left = find(text.extracting(0..<place)),
        let right = find(text.extracting(place..<text.byteCount))
      else { continue }
      cuts.append(
        Rule(
          left: left, right: right, score: score, leftLength: length,
          rightLength: starts.count - length))
    }
    return cuts.sorted { ($0.left, $0.right) < ($1.left, $1.right) }
  }
}

/// The types of tokens in GGUF, with their numbers there.
enum TokenType: Int32, Sendable {
  case normal = 1
  case unknown, control, userDefined, unused, byte
}
