/// Decides which drafted tokens stand: chooses the primary's tokens, with a look at what the
/// secondary has drafted for their places.
public struct Verifier: Sendable {
  private var sampler: Sampler
  /// Zero but while a residual is computed; for each token.
  private var drafted: [Double] = []

  /// - Parameter options: How the primary's tokens are chosen.
  public init(_ options: SamplingOptions) { sampler = Sampler(options) }

  /// Chooses the token after some, whatever was drafted for its place.
  ///
  /// - Parameter row: That of the logits of the last one.
  /// - Returns: nil if a logit is NaN, or no logit is finite.
  mutating func choose(
    _ primary: borrowing Decoder, row: Int, after history: ArraySlice<Int>
  ) -> Int? {
    sampler.choose(primary.logits(ofRow: row), after: history)
  }

  /// Chooses the token after some, for whose place one was drawn of a distribution of the
  /// secondary's; see the method for logits.
  mutating func choose(
    _ primary: borrowing Decoder, row: Int, after history: ArraySlice<Int>, drafted token: Int,
    of q: TokenDistribution
  ) -> Int? {
    choose(primary.logits(ofRow: row), after: history, drafted: token, of: q)
  }

  /// Chooses the token after some, for whose place a token was drawn of the secondary's
  /// distribution q: with the probability min(1, p(token) / q(token)) it is that one, otherwise one
  /// of the distribution max(0, p − q), normalised (Leviathan et al., arXiv:2211.17192, section
  /// 2.3).
  ///
  /// - Parameter token: One with q(token) > 0.
  /// - Returns: The drafted token if it stands; nil if a logit is NaN, or no logit is finite.
  public mutating func choose(
    _ logits: Span<Float>, after history: some BidirectionalCollection<Int>, drafted token: Int,
    of q: TokenDistribution
  ) -> Int? {
    let p = sampler.distribution(logits, after: history)
    guard !p.isEmpty else { return nil }
    let pOfToken = p.first { $0.id == token }?.probability ?? 0
    let qOfToken = q.first { $0.id == token }?.probability ?? 1
    if sampler.nextUnit() * qOfToken < pOfToken { return token }
    return sampler.draw(from: residual(p, q, tokenCount: logits.count))
  }

  /// max(0, p − q), normalised.
  private mutating func residual(
    _ p: TokenDistribution, _ q: TokenDistribution, tokenCount: Int
  ) -> TokenDistribution {
    if drafted.count < tokenCount { drafted = [Double](repeating: 0, count: tokenCount) }
    for (id, probability) in q where id < tokenCount { drafted[id] = probability }
    defer { for (id, _) in q where id < tokenCount { drafted[id] = 0 } }
    var left = p.compactMap { id, probability in
      probability > drafted[id] ? (id: id, probability: probability - drafted[id]) : nil
    }
    let total = left.reduce(0) { $0 + $1.probability }
    // Rounding may leave nothing where p and q are equal; p is what is meant then.
    guard total > 0 else { return p }
    for index in left.indices { left[index].probability /= total }
    return left
  }
}
