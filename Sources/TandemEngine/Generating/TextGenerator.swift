public import TandemTokenizers

/// Generates text with a decoder.
///
///     var generator = TextGenerator(decoder, tokenizer)
///     let prompt = tokenizer.encode("Once upon a time")
///     try generator.generate(after: prompt, options) { print($0, terminator: "") }
public struct TextGenerator: ~Copyable {
  public var decoder: Decoder
  public let tokenizer: Tokenizer
  /// The tokens whose keys and values the decoder holds.
  private var known: [Int] = []

  public init(_ decoder: consuming Decoder, _ tokenizer: Tokenizer) {
    self.decoder = decoder
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
    precondition(!prompt.isEmpty, "generate: no prompt")
    var generation = Generation()
    let clock = ContinuousClock()
    let start = clock.now
    generation.promptTokenCount = prompt.count
    generation.knownTokenCount = try read(prompt)
    var first: ContinuousClock.Instant?
    var sampler = Sampler(options.sampling)
    var text = TextStream(tokenizer, stops: options.stopTexts)
    while generation.tokens.count < options.maximumTokenCount ?? .max {
      if isInterrupted() {
        generation.end = .interrupted
        break
      }
      guard let id = try next(after: generation.tokens.last, &sampler) else {
        generation.end = .contextFull
        break
      }
      first = first ?? clock.now
      if options.endTokens.contains(id) {
        generation.end = .endToken
        break
      }
      generation.tokens.append(id)
      let piece = text.append(id)
      if !piece.isEmpty { emit(piece) }
      if text.isStopped {
        generation.end = .stopText
        break
      }
    }
    let rest = text.finish()
    if !rest.isEmpty { emit(rest) }
    generation.timeToFirstToken = (first ?? clock.now) - start
    generation.decodingTime = first.map { clock.now - $0 } ?? .zero
    return generation
  }

  /// The token that follows another, or the prompt; nil if the context is full.
  private mutating func next(
    after last: Int?, _ sampler: inout Sampler
  ) throws(DecoderError) -> Int? {
    if let last {
      if decoder.position == decoder.contextLength { return nil }
      try decoder.forward([last])
      known.append(last)
    }
    guard let id = sampler.choose(decoder.logits(ofRow: 0), after: known) else {
      throw .noFiniteLogits(position: decoder.position - 1)
    }
    return id
  }

  /// Makes the decoder hold a prompt's tokens, and have the logits of the last one.
  ///
  /// - Returns: How many of them it held already.
  private mutating func read(_ prompt: [Int]) throws(DecoderError) -> Int {
    // The last token is computed in any case: its logits are wanted.
    var common = zip(known, prompt).prefix { $0 == $1 }.count
    common = min(common, prompt.count - 1)
    decoder.truncate(to: common)
    known = Array(prompt[..<common])
    try decoder.prefill(Array(prompt[common...]))
    known = prompt
    return common
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
