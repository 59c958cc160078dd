import Glibc

/// How well a model predicts a text.
public struct Perplexity: Sendable {
  /// The natural logarithms of the probabilities that the model gave the text's tokens; the first
  /// token of each window is given.
  public private(set) var logProbabilities: [Double] = []

  /// e to the power of the mean negative logarithm.
  public var value: Double {
    exp(-logProbabilities.reduce(0, +) / Double(max(logProbabilities.count, 1)))
  }

  /// Measures a text in windows that do not overlap.
  ///
  /// - Parameters:
  ///   - windowLength: The tokens of a window; what is left over at the end is left out.
  ///   - progress: Called with the tokens that are done.
  /// - Throws: ``DecoderError`` if the context has no room for a window, or a token is unknown.
  public init(
    _ decoder: inout Decoder, _ tokens: [Int], windowLength: Int,
    progress: (Int) -> Void = { _ in }
  ) throws(DecoderError) {
    precondition(windowLength > 1, "Perplexity: nothing to predict")
    for start in stride(from: 0, through: tokens.count - windowLength, by: windowLength) {
      try add(&decoder, Array(tokens[start..<start + windowLength]))
      progress(start + windowLength)
    }
  }

  /// Measures how the secondary of a pair predicts a text, cut into blocks as in training: a tandem's
  /// sees earlier blocks through the primary's states.
  ///
  /// - Parameter blockLength: From 1 to ``Decoder/maximumBlockLength``.
  /// - Throws: ``DecoderError`` if the context has no room for a window, or a token is unknown.
  /// - Precondition: The generator has a secondary.
  public init(
    _ generator: inout TokenGenerator, _ tokens: [Int], windowLength: Int, blockLength: Int
  ) throws(DecoderError) {
    precondition(windowLength > 1, "Perplexity: nothing to predict")
    var reader = Reader()
    for start in stride(from: 0, through: tokens.count - windowLength, by: windowLength) {
      let window = Array(tokens[start..<start + windowLength])
      try generator.compare(window, blockLength: blockLength, &reader)
    }
    logProbabilities = reader.logProbabilities
  }

  /// Tokens that the secondary's head has no row for are left out.
  private struct Reader: PredictionReader {
    var logProbabilities: [Double] = []

    mutating func read(
      _ token: Int, at place: Int, primary: Span<Float>, secondary: Span<Float>,
      _ vocabulary: DraftVocabulary
    ) {
      guard let row = vocabulary.rows(of: [token]).first else { return }
      logProbabilities.append(Perplexity.logProbability(of: row, secondary))
    }
  }

  private mutating func add(
    _ decoder: inout Decoder, _ window: [Int]
  ) throws(DecoderError) {
    decoder.truncate(to: 0)
    var start = 0
    while start < window.count - 1 {
      let end = min(start + Self.blockLength, window.count - 1)
      try decoder.forward(Array(window[start..<end]), logits: .all)
      for index in start..<end {
        let next = window[index + 1]
        // A head may have fewer rows than the embedding.
        guard next < decoder.vocabularySize else {
          throw .unknownToken(id: next, vocabularySize: decoder.vocabularySize)
        }
        logProbabilities.append(
          Self.logProbability(of: next, decoder.logits(ofRow: index - start)))
      }
      start = end
    }
  }

  /// Logits of so many tokens are held at a time.
  private static let blockLength = 32

  fileprivate static func logProbability(of token: Int, _ logits: Span<Float>) -> Double {
    var largest = -Float.infinity
    for index in logits.indices { largest = max(largest, logits[index]) }
    var sum = 0.0
    for index in logits.indices { sum += Double(expf(logits[index] - largest)) }
    return Double(logits[token] - largest) - log(sum)
  }
}
