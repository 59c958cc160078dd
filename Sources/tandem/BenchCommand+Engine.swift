import ArgumentParser
import TandemBundles
import TandemBytes
import TandemEngine
import TandemReports
import TandemTokenizers

struct BenchDecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Measures how long a bundle's model takes for tokens.",
    discussion: """
      Runs blocks of several lengths in turn after some positions, then a prompt, and reads the weights as fast as \
      memory gives them beside it.

      With --beside and --gguf, llama.cpp takes turns with it on the same model: its llama-batched-bench, \
      which building llama.cpp gives, or, for a prompt and single tokens only, a Python that has xllamacpp (from PyPI). \
      The ratio of a round is llama.cpp's time over ours.

      Examples:
        tandem bench decode model.tandem --threads 2
        tandem bench decode m.tandem --beside llama-batched-bench --gguf m.gguf
        tandem bench decode m.tandem --beside .venv/bin/python --gguf m.gguf
      """)

  @OptionGroup var engine: EngineArguments

  @OptionGroup var model: MemberArguments

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The positions before each block; 128 if not given, or what the context has room for.",
      valueName: "n"), transform: allowing("whole numbers"))
  var position: Int?

  @Option(
    name: .customLong("block"),
    help: ArgumentHelp(
      "A block's tokens; may be repeated. 1, 2, 3, 4, 5, 6, 8, 12 and 16 if not given.",
      valueName: "n"))
  var blocks: [Int] = []

  @Option(
    name: .customLong("prompt"),
    parsing: .unconditional,
    help: ArgumentHelp(
      "The prompt's tokens; 512 if not given, or what the context has room for.", valueName: "n"),
    transform: allowing("whole numbers"))
  var promptLength: Int?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How often each is measured.", valueName: "n"))
  var repetitions = 10

  @Option(
    help: ArgumentHelp(
      "llama.cpp's llama-batched-bench, or a Python with xllamacpp.", valueName: "program"),
    completion: .file())
  var beside: String?

  @Option(
    help: ArgumentHelp("The same model for it.", valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var gguf: String?

  @Option(help: ArgumentHelp("How often both take turns.", valueName: "n"))
  var rounds = 3

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    guard (beside == nil) == (gguf == nil) else {
      throw ValidationError("--beside and --gguf need each other")
    }
    guard 1...1000 ~= rounds else {
      throw ValidationError("--rounds is \(rounds); allowed are 1 to 1000")
    }
    let limit = Decoder.maximumBlockLength
    for length in blocks where !(1...limit).contains(length) {
      throw ValidationError("--block is \(length); allowed are 1 to \(limit)")
    }
    guard 1...10_000 ~= repetitions else {
      throw ValidationError("--repetitions is \(repetitions); allowed are 1 to 10000")
    }
    guard 1...1_000_000 ~= position ?? 1, 0...1_000_000 ~= promptLength ?? 0 else {
      throw ValidationError("--position and --prompt may be up to 1000000")
    }
  }

  func run() throws {
    let bundle = try engine.open()
    let member = try model.find(in: bundle)
    var measured = DecodingRounds()
    for _ in 0..<(beside == nil ? 1 : rounds) {
      measured.add(try measure(bundle, member))
      if let beside, let gguf {
        try measured.addLlama(beside, model: gguf, blockCount: repetitions)
      }
    }
    try printResult(DecodingBenchmarkReport(path: engine.path, measured), asJSON: json)
  }

  private func measure(
    _ bundle: TandemBundle, _ member: BundleMember
  ) throws -> DecodingBenchmark {
    var decoder = try engine.decoder(bundle, member)
    let lengths = blocks.isEmpty ? [1, 2, 3, 4, 5, 6, 8, 12, 16] : blocks
    let room = max(1, decoder.contextLength - (lengths.max() ?? 0))
    return try DecodingBenchmark(
      &decoder, position: position ?? min(128, room), blockLengths: lengths,
      promptLength: promptLength ?? min(512, decoder.contextLength), repetitions: repetitions)
  }
}

struct BenchPerplexityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measures how well a bundle's model predicts a text.",
    discussion: """
      Reads the text from standard input, and predicts it in windows that do not overlap; the first token of each is \
      given.

      With --gamma the secondary of a tandem predicts it, in blocks of so many tokens as in training: it sees earlier \
      blocks through the primary's states.

      Examples:
        tandem bench perplexity model.tandem < text
        tandem bench perplexity pair.tandem --gamma 2 < text
      """)

  @OptionGroup var engine: EngineArguments

  @OptionGroup var model: MemberArguments

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The tokens of a window; 512 if not given, or what context and text allow.", valueName: "n"))
  var window: Int?

  @Flag(help: "Reads ids with white space between them, instead of text.")
  var ids = false

  @Option(
    help: ArgumentHelp("Lets the tandem predict, in blocks of n tokens.", valueName: "n"))
  var gamma: Int?

  @Flag(help: "Prints JSON, with each token's logarithm.")
  var json = false

  func validate() throws {
    if let window, !(2...1_000_000 ~= window) {
      throw ValidationError("--window is \(window); allowed are 2 to 1000000")
    }
    if let gamma, !(1...Decoder.maximumBlockLength ~= gamma) {
      throw ValidationError(
        "--gamma is \(gamma); allowed are 1 to \(Decoder.maximumBlockLength)")
    }
  }

  func run() throws {
    let bundle = try engine.open()
    let member = try model.find(in: bundle)
    let tokenizer = try engine.tokenizer(bundle, member)
    let tokens = ids ? try StandardReader.readTokenIDs() : try Self.readText(tokenizer)
    let result = try measure(bundle, member, tokens)
    try printResult(PerplexityReport(path: engine.path, result), asJSON: json)
  }

  private static func readText(_ tokenizer: Tokenizer) throws -> [Int] {
    let input = try StandardReader.readAll()
    let tokens = tokenizer.encode(input.rawSpan)
    return tokens
  }

  /// - Throws: ``FileError`` if the text is shorter than a window.
  private func windowLength(
    _ tokenCount: Int, context contextLength: Int
  ) throws(FileError) -> Int {
    let length = window ?? max(2, min(512, tokenCount, contextLength))
    if tokenCount >= length { return length }
    throw FileError(
      "standard input", "measure a window of \(length) tokens", reason: "it has \(tokenCount)")
  }

  private func measure(
    _ bundle: TandemBundle, _ member: BundleMember, _ tokens: [Int]
  ) throws -> Perplexity {
    if let gamma { return try measurePair(bundle, tokens, blockLength: gamma) }
    if member.role == .secondary {
      // One whose head has tokens of its own is not asked for others.
      var options = WritingOptions()
      options.mode = .secondary
      _ = try bundle.writer(options)
    }
    var decoder = try engine.decoder(bundle, member)
    let length = try windowLength(tokens.count, context: decoder.contextLength)
    return try Perplexity(&decoder, tokens, windowLength: length)
  }

  private func measurePair(
    _ bundle: TandemBundle, _ tokens: [Int], blockLength: Int
  ) throws -> Perplexity {
    var options = WritingOptions()
    options.mode = .tandemSpeed
    var generator = try TokenGenerator(
      bundle, options, pool: engine.pool, decoding: engine.decoding)
    let length = try windowLength(tokens.count, context: generator.contextLength)
    return try Perplexity(&generator, tokens, windowLength: length, blockLength: blockLength)
  }
}
