import ArgumentParser
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

      Example: tandem bench decode model.tandem --threads 2
      """)

  @OptionGroup var engine: EngineArguments

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
    parsing: .unconditional, help: ArgumentHelp("How often each is measured.", valueName: "n"),
    transform: allowing("whole numbers"))
  var repetitions = 10

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
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
    let (bundle, member) = try engine.open()
    var decoder = try engine.decoder(bundle, member)
    let lengths = blocks.isEmpty ? [1, 2, 3, 4, 5, 6, 8, 12, 16] : blocks
    let room = max(1, decoder.contextLength - (lengths.max() ?? 0))
    let result = try DecodingBenchmark(
      &decoder, position: position ?? min(128, room), blockLengths: lengths,
      promptLength: promptLength ?? min(512, decoder.contextLength), repetitions: repetitions)
    try printResult(DecodingBenchmarkReport(path: engine.path, result), asJSON: json)
  }
}

struct BenchPerplexityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measures how well a bundle's model predicts a text.",
    discussion: """
      Reads the text from standard input, and predicts it in windows that do not overlap; the first token of each is \
      given.

      Example: tandem bench perplexity model.tandem < text
      """)

  @OptionGroup var engine: EngineArguments

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The tokens of a window.", valueName: "n"),
    transform: allowing("whole numbers"))
  var window = 512

  @Flag(help: "Prints JSON, with each token's logarithm.")
  var json = false

  func validate() throws {
    guard 2...1_000_000 ~= window else {
      throw ValidationError("--window is \(window); allowed are 2 to 1000000")
    }
  }

  func run() throws {
    let (bundle, member) = try engine.open()
    let tokenizer = try engine.tokenizer(bundle, member)
    let text = try StandardReader.readAll()
    let tokens = tokenizer.encode(text.rawSpan)
    guard tokens.count >= window else {
      throw FileError(
        "standard input", "measure a window of \(window) tokens",
        reason: "it has \(tokens.count)")
    }
    var decoder = try engine.decoder(bundle, member)
    let result = try Perplexity(&decoder, tokens, windowLength: window)
    try printResult(PerplexityReport(path: engine.path, result), asJSON: json)
  }
}
