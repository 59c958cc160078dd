/// Chooses the tokens of a draft from a secondary's logits.
struct DraftChooser: Sendable {
  let vocabulary: DraftVocabulary
  private var sampler = Sampler(SamplingOptions())
  private var keepsDistributions = false
  /// What each token of the draft was drawn of, if that is needed to judge it.
  var distributions: [TokenDistribution] = []

  init(_ vocabulary: DraftVocabulary) { self.vocabulary = vocabulary }

  mutating func begin(_ options: SamplingOptions, keepsDistributions: Bool) {
    var options = options
    // Numbers other than those that the primary's tokens are chosen with.
    options.seed = ~options.seed
    sampler = Sampler(options)
    self.keepsDistributions = keepsDistributions
  }

  /// Chooses the token that follows others, of the last logits.
  ///
  /// - Returns: The primary's id; nil if the logits are not finite.
  mutating func choose(_ secondary: borrowing Decoder, after tokens: [Int]) -> Int? {
    let logits = secondary.logits(ofRow: 0).extracting(first: vocabulary.rowCount)
    let history = vocabulary.rows(of: tokens.suffix(sampler.options.historyLength))
    guard keepsDistributions else {
      return sampler.choose(logits, after: history).map(vocabulary.id(ofRow:))
    }
    let distribution = sampler.distribution(logits, after: history)
      .map { (id: vocabulary.id(ofRow: $0.id), probability: $0.probability) }
    distributions.append(distribution)
    return sampler.draw(from: distribution)
  }
}
