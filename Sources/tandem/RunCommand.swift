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
      Continues the prompt, or answers it with --chat. Without --prompt the prompt is read from standard input, \
      less the newline that ends it; on a terminal that is a conversation. Weights are used where they lie in the \
      file. The same prompt and options give the same text, whatever the number of threads.

      Of a pair the secondary drafts and the primary decides, unless --mode says otherwise: the text is the primary's.

      Steps of sampling, in this order: repeat penalty, temperature, top-k, top-p, min-p.

      Examples:
        tandem run model.tandem
        tandem run model.tandem --prompt 'Once upon a time' --max-tokens 64
        tandem run pair.tandem -p 'def fibonacci(n):' --mode speed --gamma 5 --stats
        tandem run model.tandem --chat -p 'Name three colours.' --temperature 0.7
      """)

  @OptionGroup var engine: EngineArguments

  @Option(name: .shortAndLong, help: ArgumentHelp("The text to continue.", valueName: "text"))
  var prompt: String?

  @Flag(help: "Puts the prompt through the model's chat template.")
  var chat = false

  @Option(
    help: ArgumentHelp("What a conversation begins with; implies --chat.", valueName: "text"))
  var system: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Ends after n tokens; without, when the context is full.", valueName: "n"),
    transform: allowing("whole numbers"))
  var maxTokens: Int?

  @OptionGroup var writing: WritingArguments

  @OptionGroup var sampling: SamplingArguments

  @Option(help: ArgumentHelp("Ends before this text; may be repeated.", valueName: "text"))
  var stop: [String] = []

  @Flag(help: "Prints times, rates and memory on standard error.")
  var stats = false

  @Flag(help: "Prints text, tokens, times and what drafting gained as JSON.")
  var json = false

  func validate() throws {
    if let maxTokens, maxTokens < 0 {
      throw ValidationError("--max-tokens is \(maxTokens); allowed are 0 and more")
    }
  }

  func run() throws {
    let bundle = try engine.open()
    let member = try bundle.writer(writing.options)
    engine.remarkOnContext(of: member, bundle)
    let tokenizer = try engine.tokenizer(bundle, member)
    var options = GenerationOptions()
    options.sampling = sampling.options
    options.maximumTokenCount = maxTokens
    options.endTokens = bundle.endTokens(of: member, tokenizer)
    options.stopTexts = stop
    let writer = try TokenGenerator(
      bundle, writing.options, pool: engine.pool, decoding: engine.decoding)
    var generator = TextGenerator(writer, tokenizer)
    if prompt == nil && StandardReader.isTerminal && !json {
      try converse(options, &generator)
    } else {
      try answer(options, &generator)
    }
  }

  /// Continues, or answers, one prompt.
  private func answer(_ options: GenerationOptions, _ generator: inout TextGenerator) throws {
    let text = try promptText()
    var tokens = generator.tokenizer.encode(text)
    if chat || system != nil {
      var conversation = Conversation(system: system)
      conversation.addUser(text)
      tokens = try self.tokens(conversation, generator.tokenizer)
    }
    guard !tokens.isEmpty else {
      throw FileError(
        engine.path, "run", reason: "the prompt is empty, and there is no begin token")
    }
    let (generation, _) = try stream(tokens, options, &generator)
    if generation.end == .interrupted { Interruption.endProcess() }
  }

  private func promptText() throws -> String {
    if let prompt { return prompt }
    var bytes = try StandardReader.readAll()
    // The end of the line that a shell writes is no part of the text; llama.cpp drops it too.
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return bytes.rawSpan.lossyText
  }

  /// Talks with somebody at a terminal until the end of the input. Ctrl-C ends an answer.
  private func converse(_ options: GenerationOptions, _ generator: inout TextGenerator) throws {
    var conversation = Conversation(system: system)
    remark("Ctrl-D ends the conversation, Ctrl-C an answer.\n")
    while true {
      remark("> ")
      guard let line = readLine() else { break }
      if line.isEmpty { continue }
      conversation.addUser(line)
      let tokens = try tokens(conversation, generator.tokenizer)
      let (_, text) = try stream(tokens, options, &generator)
      conversation.addAssistant(text)
    }
    remark("\n")
  }

  private func tokens(_ conversation: Conversation, _ tokenizer: Tokenizer) throws -> [Int] {
    do throws(TemplateFailure) {
      if let tokens = try conversation.tokens(tokenizer) { return tokens }
    } catch {
      throw FileError(engine.path, "apply the chat template", reason: "\(error)")
    }
    throw FileError(
      engine.path, "answer",
      reason: "the model has no chat template; give a text to continue with --prompt")
  }

  /// Generates, and writes each piece of the text as soon as it is there.
  private func stream(
    _ tokens: [Int], _ options: GenerationOptions, _ generator: inout TextGenerator
  ) throws -> (Generation, text: String) {
    let writer = StandardWriter(.output)
    let isStreamed = !json
    Interruption.watch()
    defer { Interruption.unwatch() }
    var failure: FileError?
    var text = ""
    let generation = try generator.generate(
      after: tokens, options, isInterrupted: { Interruption.isRequested || failure != nil }
    ) { piece in
      text += piece
      guard isStreamed else { return }
      writer.write(piece)
      do throws(FileError) { try writer.flush() } catch { failure = error }
    }
    if let failure { throw failure }
    if json {
      GenerationReport(path: engine.path, generation, text: text).writeJSON(to: writer.write)
    } else {
      writer.write("\n")
    }
    try writer.flush()
    if stats { remark(GenerationSummary(generation).text) }
    return (generation, text)
  }
}
