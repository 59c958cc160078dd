/// The parts of a step.
extension TokenGenerator {
  /// Lets the secondary draft, as many tokens as the primary has room to read.
  ///
  /// - Returns: How many it has drafted.
  mutating func draft() throws(DecoderError) -> Int {
    try showStates()
    let start = ContinuousClock.now
    let room = min(primary.contextLength - tokens.count, Decoder.maximumBlockLength - 1)
    let count = try drafter?.draft(after: &tokens, atMost: room) ?? 0
    // With the first draft an independent secondary reads the prompt.
    statistics.secondary.add(count, since: start, isTimed: statistics.blockCount > 0)
    return count
  }

  /// Lets the primary read what the secondary of a tandem sees through its states: all tokens but
  /// the last, which the secondary sees itself, or with that. After a token of the primary's own
  /// nothing is left to read.
  private mutating func showStates() throws(DecoderError) {
    guard let projection = drafter?.projection else { return }
    var end = tokens.count - 1
    if case .all(.never) = standing, projection.includesLast { end += 1 }
    while primary.position < end {
      try read(min(end - primary.position, Decoder.maximumBlockLength), logits: .none)
      seeBlock()
    }
  }

  /// Lets the primary read all that it has not.
  ///
  /// - Parameter logitCount: So many of the last tokens' logits are wanted.
  mutating func readRest(logitCount: Int) throws(DecoderError) {
    while tokens.count - primary.position > Decoder.maximumBlockLength {
      let excess = tokens.count - primary.position - Decoder.maximumBlockLength
      try read(min(excess, Decoder.maximumBlockLength), logits: .none)
      seeBlock()
    }
    try read(tokens.count - primary.position, logits: .tail(logitCount))
  }

  /// Keeps of the draft what stands, and appends the token that the primary has behind it.
  mutating func verify(_ draftCount: Int, _ rule: Acceptance) throws(DecoderError) {
    let first = tokens.count - draftCount
    var accepted = 0
    while true {
      let place = first + accepted
      let drafted = accepted < draftCount ? tokens[place] : nil
      let id = try choose(row: accepted, after: tokens[..<place], drafted: drafted, rule)
      if id == drafted {
        accepted += 1
        continue
      }
      tokens.removeLast(tokens.count - place)
      tokens.append(id)
      break
    }
    statistics.add(drafted: draftCount, accepted: accepted)
    let rejected = draftCount - accepted
    seeBlock(but: rejected)
    primary.truncate(to: tokens.count - 1)
  }

  /// Lets the primary read the draft, all of which stands, and appends its own token: the paper's
  /// free token.
  mutating func follow() throws(DecoderError) {
    try readRest(logitCount: 1)
    seeBlock()
    tokens.append(try choose(row: 0, after: tokens[...], drafted: nil, .greedy))
  }

  /// The token that the primary has after others.
  private mutating func choose(
    row: Int, after history: ArraySlice<Int>, drafted: Int?, _ rule: Acceptance
  ) throws(DecoderError) -> Int {
    let q = rule == .residual ? drafter?.distribution(at: row) : nil
    let chosen: Int? =
      if let drafted, let q {
        verifier.choose(primary, row: row, after: history, drafted: drafted, of: q)
      } else {
        verifier.choose(primary, row: row, after: history)
      }
    guard let chosen else { throw .noFiniteLogits(position: history.count - 1) }
    return chosen
  }

  private mutating func read(_ count: Int, logits: LogitRows) throws(DecoderError) {
    block.removeAll(keepingCapacity: true)
    block.append(contentsOf: tokens[primary.position...].prefix(count))
    let start = ContinuousClock.now
    try primary.forward(block, logits: logits)
    if !isFirst { statistics.primary.add(1, since: start, isTimed: true) }
  }

  /// Lets the secondary see what the primary has read last, but some rejected tokens at its end.
  private mutating func seeBlock(but rejected: Int = 0) {
    let start = primary.position - block.count
    let count = block.count - rejected
    drafter?.see(primary.states, from: start, tokenCount: count)
  }
}
