import TandemBundles
import TandemBytes
import TandemKernels

/// Writes ahead: the secondary of a pair, and how far it goes before the primary is asked.
///
/// An independent secondary reads all tokens itself. That of a tandem sees tokens that the primary
/// has read through the primary's states, and through its own eyes only those of the block that it
/// drafts.
struct Drafter: ~Copyable {
  var secondary: Decoder
  var chooser: DraftChooser
  /// nil if the secondary drafts by itself.
  let projection: StateProjection?
  /// nil if blocks have a fixed length.
  private var router: Router?
  /// The most tokens of a block.
  var blockLength: Int
  private var block: [Int] = []

  init(
    _ secondary: consuming Decoder, _ vocabulary: DraftVocabulary, projection: StateProjection?,
    router: consuming Router?, blockLength: Int
  ) {
    self.secondary = secondary
    chooser = DraftChooser(vocabulary)
    self.projection = projection
    self.router = router
    self.blockLength = blockLength
  }

  /// Sets how tokens are drafted.
  ///
  /// - Parameter keepsDistributions: Whether ``distribution(at:)`` is wanted.
  mutating func begin(_ options: SamplingOptions, keepsDistributions: Bool) {
    chooser.begin(options, keepsDistributions: keepsDistributions)
  }

  /// Forgets the tokens from a position on.
  mutating func truncate(to position: Int) {
    secondary.truncate(to: min(position, secondary.position))
  }

  /// What a token of the last draft was drawn of; nil if that was not kept.
  func distribution(at place: Int) -> TokenDistribution? {
    place < chooser.distributions.count ? chooser.distributions[place] : nil
  }

  /// Takes note of what the primary has read: what stands of a draft, and for a tandem's secondary
  /// the states through which it sees that.
  ///
  /// - Parameters:
  ///   - states: The primary's, of a block that began at a position.
  ///   - tokenCount: So many tokens of the block stand.
  mutating func see(_ states: HiddenStates, from position: Int, tokenCount: Int) {
    guard let projection else { return truncate(to: position + tokenCount) }
    truncate(to: position)
    // A secondary with a smaller context stays behind, and drafts no more.
    let room = secondary.position < position ? 0 : secondary.contextLength - position
    secondary.take(states, tokenCount: min(tokenCount, room), through: projection)
  }

  /// Drafts what follows tokens, and appends it to them.
  ///
  /// - Parameter limit: The most tokens that are wanted.
  /// - Returns: How many tokens were drafted: fewer where the router asks the primary, none where
  ///   the secondary's context is full or it knows a token not.
  mutating func draft(after tokens: inout [Int], atMost limit: Int) throws(DecoderError) -> Int {
    let start = tokens.count
    chooser.distributions.removeAll(keepingCapacity: true)
    let room = secondary.contextLength - (start - 1)
    let count = min(blockLength, limit, room)
    guard count > 0, try readRest(of: tokens) else { return 0 }
    while true {
      guard let id = chooser.choose(secondary, after: tokens) else {
        throw .noFiniteLogits(position: secondary.position - 1)
      }
      tokens.append(id)
      if tokens.count == start + count || asksPrimary { return tokens.count - start }
      guard knows(tokens.count - 1..<tokens.count, of: tokens) else { return tokens.count - start }
      try forward(tokens, from: tokens.count - 1, logits: .last)
    }
  }

  /// Lets the secondary read the tokens that it has not seen, the last one in any case: its logits
  /// are wanted.
  ///
  /// - Returns: false if it cannot.
  private mutating func readRest(of tokens: [Int]) throws(DecoderError) -> Bool {
    let last = tokens.count - 1
    guard knows(min(secondary.position, last)..<tokens.count, of: tokens) else { return false }
    if projection != nil, secondary.position < last { return false }
    if secondary.position == tokens.count {
      // Equation 2 with positions from 1: the last token sees itself through the primary, too.
      secondary.truncate(to: last)
      try forward(tokens, from: last, logits: .last, storing: projection == nil)
      return true
    }
    while tokens.count - secondary.position > Decoder.maximumBlockLength {
      try forward(tokens, from: secondary.position, logits: .none)
    }
    try forward(tokens, from: secondary.position, logits: .last)
    return true
  }

  private mutating func forward(
    _ tokens: [Int], from start: Int, logits: LogitRows, storing: Bool = true
  ) throws(DecoderError) {
    block.removeAll(keepingCapacity: true)
    block.append(contentsOf: tokens[start...].prefix(Decoder.maximumBlockLength))
    try secondary.forward(block, logits: logits, storing: storing)
  }

  /// Whether the secondary has embeddings of some tokens: the primary may have more.
  private func knows(_ range: Range<Int>, of tokens: [Int]) -> Bool {
    tokens[range].allSatisfy { $0 < secondary.weights.tokenEmbedding.rowCount }
  }

  /// Whether the router ends the block here.
  private var asksPrimary: Bool {
    mutating get { router?.asksPrimary(secondary, chooser.vocabulary) ?? false }
  }
}
