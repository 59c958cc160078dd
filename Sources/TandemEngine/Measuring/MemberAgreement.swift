import Glibc

/// How far the secondary of a pair predicts what the primary does (arXiv:2402.08644, Table 1).
public struct MemberAgreement: Sendable {
  /// The tokens that both have predicted.
  public private(set) var tokenCount = 0
  private var agreedCount = 0
  private var totalVariationSum = 0.0
  private var firstPlace = 0

  public init() {}

  /// The part of tokens for which both find the same one the likeliest.
  public var relativeAccuracy: Double { Double(agreedCount) / Double(max(tokenCount, 1)) }

  /// The mean total-variation distance of their distributions: ½ Σ |p − q|.
  public var totalVariation: Double { totalVariationSum / Double(max(tokenCount, 1)) }

  /// Compares both on a text, from one of its tokens on.
  mutating func measure(
    _ generator: inout TokenGenerator, _ text: [Int], from first: Int, blockLength: Int
  ) throws(DecoderError) {
    firstPlace = first
    try generator.compare(text, blockLength: blockLength, &self)
  }
}

extension MemberAgreement: PredictionReader {
  mutating func read(
    _ token: Int, at place: Int, primary: Span<Float>, secondary: Span<Float>,
    _ vocabulary: DraftVocabulary
  ) {
    guard place >= firstPlace else { return }
    let (p, q) = (Softmax(primary), Softmax(secondary))
    tokenCount += 1
    if vocabulary.id(ofRow: q.likeliest) == p.likeliest { agreedCount += 1 }
    // ½ Σ |p − q| = 1 − Σ min(p, q), and what one cannot draft adds nothing to the sum.
    var common = 0.0
    for row in secondary.indices {
      let id = vocabulary.id(ofRow: row)
      common += min(p.probability(primary[id]), q.probability(secondary[row]))
    }
    totalVariationSum += max(0, 1 - common)
  }
}

/// What makes probabilities of logits.
private struct Softmax {
  /// The first token with the largest logit.
  private(set) var likeliest = 0
  private var largest = -Float.infinity
  private var total = 0.0

  init(_ logits: Span<Float>) {
    for index in logits.indices where logits[index] > largest {
      largest = logits[index]
      likeliest = index
    }
    for index in logits.indices { total += Double(expf(logits[index] - largest)) }
  }

  func probability(_ logit: Float) -> Double { Double(expf(logit - largest)) / total }
}
