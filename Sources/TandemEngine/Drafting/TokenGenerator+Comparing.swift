/// Takes what both models of a pair predict of a text, token by token.
protocol PredictionReader {
  /// - Parameters:
  ///   - token: What follows in the text, at a place of it.
  ///   - secondary: Of the rows that can be drafted.
  mutating func read(
    _ token: Int, at place: Int, primary: Span<Float>, secondary: Span<Float>,
    _ vocabulary: DraftVocabulary)
}

extension TokenGenerator {
  /// Lets both models of a pair predict each token of a text but the first.
  ///
  /// - Parameter blockLength: The text is cut into so many tokens, from its first one on.
  mutating func compare(
    _ text: [Int], blockLength: Int, _ reader: inout some PredictionReader
  ) throws(DecoderError) {
    guard let vocabulary = drafter?.chooser.vocabulary else { return }
    primary.truncate(to: 0)
    drafter?.truncate(to: 0)
    tokens = []
    var logits: [Float] = []
    for start in stride(from: 0, to: text.count - 1, by: blockLength) {
      let block = Array(text[start..<min(start + blockLength, text.count - 1)])
      try primary.forward(block, logits: .all)
      try drafter?.predict(
        block, isWhole: block.count == blockLength, primary.states, into: &logits)
      for row in block.indices {
        let width = vocabulary.rowCount
        reader.read(
          text[start + row + 1], at: start + row + 1, primary: primary.logits(ofRow: row),
          secondary: logits.span.extracting(row * width..<(row + 1) * width), vocabulary)
      }
    }
  }
}
