/// Writes tokens: a model alone, or a pair whose secondary drafts blocks and whose primary has the
/// last word on them, or reads them only.
///
/// Whatever the mode, a step is the same: the secondary drafts after the tokens so far; the primary
/// reads these and the draft in one pass; what stands is kept, and one token of the primary's own
/// follows. A model alone is a step without a draft. A tandem by itself is one where every drafted
/// token stands.
public struct TokenGenerator: ~Copyable {
  /// What happens to drafted tokens.
  enum Standing {
    /// They stand if the primary accepts them.
    case accepted(Acceptance)
    /// All stand.
    case all(FreeToken)

    /// Whether the first token after a prompt is the primary's, before anything is drafted.
    var beginsWithPrimary: Bool {
      switch self {
      case .accepted, .all(.always): true
      case .all(.afterPrompt), .all(.never): false
      }
    }
  }

  var primary: Decoder
  var drafter: Drafter?
  let standing: Standing
  var verifier = Verifier(SamplingOptions())
  /// The prompt and what was written since.
  public internal(set) var tokens: [Int] = []
  public internal(set) var statistics = DraftingStatistics()
  /// Whether the prompt is still to be read.
  var isFirst = true
  /// What the primary has read last.
  var block: [Int] = []

  /// A model that writes alone.
  public init(_ decoder: consuming Decoder) {
    primary = decoder
    drafter = nil
    standing = .accepted(.greedy)
  }

  init(_ primary: consuming Decoder, _ drafter: consuming Drafter, _ standing: Standing) {
    self.primary = primary
    self.drafter = .some(drafter)
    self.standing = standing
  }

  /// The positions that the primary has room for.
  public var contextLength: Int { primary.contextLength }

  /// Begins with a prompt. What it has in common with the tokens so far is not computed again.
  ///
  /// - Returns: How many tokens of it the model knows already.
  /// - Throws: ``DecoderError`` if the context has no room for it.
  /// - Precondition: The prompt has a token.
  public mutating func begin(
    _ prompt: [Int], _ sampling: SamplingOptions
  ) throws(DecoderError) -> Int {
    precondition(!prompt.isEmpty, "begin: no prompt")
    // The last token is computed in any case: its logits are wanted.
    let same = zip(tokens, prompt).prefix { $0 == $1 }.count
    let known = min(same, primary.position, prompt.count - 1)
    guard prompt.count <= primary.contextLength else {
      throw .contextFull(
        position: known, tokenCount: prompt.count - known, contextLength: primary.contextLength)
    }
    primary.truncate(to: known)
    drafter?.truncate(to: known)
    tokens = prompt
    isFirst = true
    statistics = DraftingStatistics()
    verifier = Verifier(sampling)
    switch standing {
    case .accepted(.greedy):
      var likeliest = sampling
      likeliest.temperature = 0
      drafter?.begin(likeliest, keepsDistributions: false)
    case .accepted(.residual):
      drafter?.begin(sampling, keepsDistributions: !sampling.isGreedy)
    case .all:
      drafter?.begin(sampling, keepsDistributions: false)
    }
    return known
  }

  /// Writes the next tokens, which then are the last of ``tokens``.
  ///
  /// - Returns: How many; nil if the context is full.
  /// - Throws: ``DecoderError`` if the prompt has an unknown token, or logits are not finite.
  public mutating func next() throws(DecoderError) -> Int? {
    let start = tokens.count
    guard start <= primary.contextLength else { return nil }
    defer { isFirst = false }
    let draftCount = isFirst && standing.beginsWithPrimary ? 0 : try draft()
    switch standing {
    case .accepted(let rule):
      try readRest(logitCount: draftCount + 1)
      try verify(draftCount, rule)
    case .all(let freeToken):
      if draftCount == 0, !(isFirst && standing.beginsWithPrimary) { return nil }
      statistics.add(drafted: draftCount, accepted: draftCount)
      if freeToken != .never { try follow() }
    }
    statistics.tokenCount += tokens.count - start
    return tokens.count - start
  }
}
