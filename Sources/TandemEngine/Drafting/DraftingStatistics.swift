/// What drafting has gained, and what it has cost.
public struct DraftingStatistics: Sendable {
  /// Passes of a model over some tokens.
  public struct Passes: Sendable {
    public private(set) var count = 0
    /// Those whose time was taken: that of a prompt is none of a block's.
    private var timedCount = 0
    public private(set) var time: Duration = .zero

    /// nil without a pass whose time was taken.
    public var mean: Duration? { timedCount == 0 ? nil : time / timedCount }

    mutating func add(_ passCount: Int, since start: ContinuousClock.Instant, isTimed: Bool) {
      count += passCount
      guard isTimed else { return }
      timedCount += passCount
      time += ContinuousClock.now - start
    }

    mutating func add(_ other: Self) {
      count += other.count
      timedCount += other.timedCount
      time += other.time
    }
  }

  /// For each place of a block, from its first token: how often a token was drafted for it.
  public internal(set) var draftedAt: [Int] = []
  /// For each place of a block: how often that token stood.
  public internal(set) var acceptedAt: [Int] = []
  /// The blocks that had a draft.
  public internal(set) var blockCount = 0
  /// Tokens that were written after the prompt, by whichever model.
  public internal(set) var tokenCount = 0
  /// Passes of the primary after the prompt.
  public internal(set) var primary = Passes()
  /// Passes of the secondary, one for each token that it drafts.
  public internal(set) var secondary = Passes()

  public init() {}

  public var draftedCount: Int { draftedAt.reduce(0, +) }
  public var acceptedCount: Int { acceptedAt.reduce(0, +) }

  /// Drafted tokens of a block that stand, on average; nil without a block.
  public var meanAcceptedLength: Double? {
    blockCount == 0 ? nil : Double(acceptedCount) / Double(blockCount)
  }

  mutating func add(drafted: Int, accepted: Int) {
    guard drafted > 0 else { return }
    blockCount += 1
    makeRoom(for: drafted)
    for place in 0..<drafted { draftedAt[place] += 1 }
    for place in 0..<accepted { acceptedAt[place] += 1 }
  }

  /// Adds what another text has gained and cost.
  mutating func add(_ other: Self) {
    makeRoom(for: other.draftedAt.count)
    for place in other.draftedAt.indices {
      draftedAt[place] += other.draftedAt[place]
      acceptedAt[place] += other.acceptedAt[place]
    }
    blockCount += other.blockCount
    tokenCount += other.tokenCount
    primary.add(other.primary)
    secondary.add(other.secondary)
  }

  private mutating func makeRoom(for placeCount: Int) {
    let missing = max(0, placeCount - draftedAt.count)
    draftedAt += repeatElement(0, count: missing)
    acceptedAt += repeatElement(0, count: missing)
  }
}
