import ArgumentParser
import TandemBundles
import TandemBytes
import TandemEngine
import TandemReports
import TandemTokenizers

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Generates text from a bundle.",
    discussion: """
      Continues the prompt, which without --prompt is read from standard input. Weights are used where they lie in the \
      file. The same prompt and options give the same text, whatever the number of threads.

      Steps of sampling, in this order: repeat penalty, temperature, top-k, top-p, min-p.

      Examples:
        tandem run model.tandem --prompt 'Once upon a time' --max-tokens 64
        tandem run model.tandem -p 'Name three colours.' --temperature 0.7 --top-p 0.9 --seed 1
      """)

  @OptionGroup var engine: EngineArguments

  @Option(name: .shortAndLong, help: ArgumentHelp("The text to continue.", valueName: "text"))
  var prompt: String?

  @Option(
    help: ArgumentHelp("Ends after n tokens; without, when the context is full.", valueName: "n"))
  var maxTokens: Int?

  @OptionGroup var sampling: SamplingArguments

  @Option(help: ArgumentHelp("Ends before this text; may be repeated.", valueName: "text"))
  var stop: [String] = []

  @Flag(help: "Prints times, rates and memory on standard error.")
  var stats = false

  func validate() throws {
    if let maxTokens, maxTokens < 0 {
      throw ValidationError("--max-tokens is \(maxTokens); allowed are 0 and more")
    }
  }

  func run() throws {
    let (bundle, member) = try engine.open()
    let tokenizer = try engine.tokenizer(bundle, member)
    var generator = TextGenerator(try engine.decoder(bundle, member), tokenizer)
    var options = GenerationOptions()
    options.sampling = sampling.options
    options.maximumTokenCount = maxTokens
    options.endTokens = bundle.endTokens(of: member, tokenizer)
    options.stopTexts = stop
    let tokens = try tokenizer.encode(promptText())
    let generation = try stream(tokens, options, &generator)
    if stats { remark(GenerationSummary(generation).text) }
    if generation.end == .interrupted { Interruption.endProcess() }
  }

  private func promptText() throws -> String {
    if let prompt { return prompt }
    let bytes = try StandardReader.readAll()
    return bytes.rawSpan.lossyText
  }

  /// Generates, and writes each piece of the text as soon as it is there.
  private func stream(
    _ tokens: [Int], _ options: GenerationOptions, _ generator: inout TextGenerator
  ) throws -> Generation {
    guard !tokens.isEmpty else {
      throw FileError(engine.path, "run", reason: "the prompt is empty, and there is no begin token")
    }
    let writer = StandardWriter(.output)
    Interruption.watch()
    defer { Interruption.unwatch() }
    var failure: FileError?
    let generation = try generator.generate(
      after: tokens, options, isInterrupted: { Interruption.isRequested || failure != nil }
    ) { piece in
      writer.write(piece)
      do throws(FileError) { try writer.flush() } catch { failure = error }
    }
    if let failure { throw failure }
    writer.write("\n")
    try writer.flush()
    return generation
  }
}
