/// The secondary's predictions of a text that is there already, as in training.
extension Drafter {
  /// Takes a block of a text, and gives the secondary's logits of its tokens: a tandem's see earlier
  /// blocks through the primary's states.
  ///
  /// - Parameters:
  ///   - states: The primary's, of this block.
  ///   - isWhole: Whether the block has its whole length: the text may end before.
  ///   - logits: (tokens, rows that can be drafted)
  /// - Throws: ``DecoderError`` if the context has no room, or a token is unknown to the secondary.
  mutating func predict(
    _ tokens: [Int], isWhole: Bool, _ states: HiddenStates, into logits: inout [Float]
  ) throws(DecoderError) {
    let start = secondary.position
    logits.removeAll(keepingCapacity: true)
    // By the boundary of equation 2 the last token sees itself through the primary, too.
    let ownCount = tokens.count - (isWhole && projection?.includesLast == true ? 1 : 0)
    if ownCount > 0 {
      try secondary.forward(Array(tokens.prefix(ownCount)), logits: .all)
      for row in 0..<ownCount { appendLogits(ofRow: row, to: &logits) }
    }
    guard let projection else { return }
    secondary.truncate(to: start)
    secondary.take(states, tokenCount: tokens.count, through: projection)
    if ownCount < tokens.count {
      secondary.truncate(to: start + ownCount)
      try secondary.forward(Array(tokens.suffix(1)), logits: .last, storing: false)
      appendLogits(ofRow: 0, to: &logits)
    }
  }

  private func appendLogits(ofRow row: Int, to rows: inout [Float]) {
    let logits = secondary.logits(ofRow: row)
    for index in 0..<chooser.vocabulary.rowCount { rows.append(logits[index]) }
  }
}
