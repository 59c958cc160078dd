public import TandemTokenizers

/// Generates text.
///
///     var generator = TextGenerator(TokenGenerator(decoder), tokenizer)
///     let prompt = tokenizer.encode("Once upon a time")
///     try generator.generate(after: prompt, options) { print($0, terminator: "") }
public struct TextGenerator: ~Copyable {
  private var writer: TokenGenerator
  public let tokenizer: Tokenizer

  public init(_ writer: consuming TokenGenerator, _ tokenizer: Tokenizer) {
    self.writer = writer
    self.tokenizer = tokenizer
  }

  /// Generates what follows a prompt.
  ///
  /// What the prompt has in common with the tokens of the last call is not computed again, so that
  /// a conversation goes on where it was.
  ///
  /// - Parameters:
  ///   - isInterrupted: Asked before each token; true ends the text.
  ///   - emit: Takes the text in pieces, each of whole characters.
  /// - Throws: ``DecoderError`` if the prompt does not fit the context, or the model's output is
  ///   not finite.
  /// - Precondition: The prompt has a token.
  public mutating func generate(
    after prompt: [Int], _ options: GenerationOptions, isInterrupted: () -> Bool = { false },
    emit: (String) -> Void
  ) throws(DecoderError) -> Generation {
    var generation = Generation()
    let clock = ContinuousClock()
    let start = clock.now
    generation.promptTokenCount = prompt.count
    generation.knownTokenCount = try writer.begin(prompt, options.sampling)
    var first: ContinuousClock.Instant?
    var text = TextStream(tokenizer, stops: options.stopTexts)
    var end: Generation.End?
    while end == nil {
      if generation.tokens.count >= options.maximumTokenCount ?? .max {
        end = .tokenLimit
      } else if isInterrupted() {
        end = .interrupted
      } else if let count = try writer.next() {
        if first == nil { generation.firstTokenCount = count }
        first = first ?? clock.now
        end = take(count, options, &generation, &text, emit)
      } else {
        end = .contextFull
      }
    }
    let rest = text.finish()
    if !rest.isEmpty { emit(rest) }
    generation.end = end ?? .tokenLimit
    generation.timeToFirstToken = (first ?? clock.now) - start
    generation.decodingTime = first.map { clock.now - $0 } ?? .zero
    generation.drafting = writer.statistics
    return generation
  }

  /// Takes tokens that were written, up to one that ends the text.
  private func take(
    _ count: Int, _ options: GenerationOptions, _ generation: inout Generation,
    _ text: inout TextStream, _ emit: (String) -> Void
  ) -> Generation.End? {
    for id in writer.tokens.suffix(count) {
      if generation.tokens.count >= options.maximumTokenCount ?? .max { return .tokenLimit }
      if options.endTokens.contains(id) { return .endToken }
      generation.tokens.append(id)
      let piece = text.append(id)
      if !piece.isEmpty { emit(piece) }
      if text.isStopped { return .stopText }
    }
    return nil
  }
}

/// Tokens as text in pieces of whole characters, up to a stop.
private struct TextStream {
  private var decoder: TokenDecoder
  private var stops: StopTexts

  init(_ tokenizer: Tokenizer, stops: [String]) {
    decoder = tokenizer.decoder(skippingSpecial: true)
    self.stops = StopTexts(stops)
  }

  var isStopped: Bool { stops.isFound }

  mutating func append(_ id: Int) -> String { stops.append(decoder.append(id)) }

  mutating func finish() -> String { stops.append(decoder.finish()) + stops.finish() }
}
