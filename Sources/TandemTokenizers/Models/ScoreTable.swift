import TandemBytes
import TandemModels

/// SentencePiece's merging: neighbours become one if their text is a token, the highest score
/// first.
struct ScoreTable: PairRules, Sendable {
  private let vocabulary: Vocabulary
  private let ranks: [UInt32]
  private let longestByteCount: Int

  /// - Complexity: O(*n*) in the tokens.
  init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    ranks = vocabulary.scores.map(Self.rank)
    longestByteCount = (0..<vocabulary.tokenCount).reduce(0) {
      max($0, vocabulary.tokens[$1].byteCount)
    }
  }

  /// A number that is the lower, the higher the score is.
  private static func rank(_ score: Float) -> UInt32 {
    // The bits of floats ascend with them, those of negative ones descend; no rank is `none`.
    let bits = score.bitPattern
    let ascending = bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits
    return min(~ascending, PairMerger.none - 1)
  }

  func merge(_ left: UInt32, _ right: UInt32, text: RawSpan) -> PairMerge? {
    guard text.byteCount <= longestByteCount, let id = vocabulary.id(of: text) else { return nil }
    return PairMerge(rank: id < ranks.count ? ranks[id] : PairMerger.none - 1, id: UInt32(id))
  }
}
