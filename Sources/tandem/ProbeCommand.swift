import ArgumentParser
import TandemBundles
import TandemBytes
import TandemEngine
import TandemReports
import TandemTokenizers

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Measures how well a pair agrees, and what drafting gains.",
    discussion: """
      The primary checks every draft, so a broken secondary writes no wrong text: it is only slow, and measuring is what \
      shows it. Writes after some prompts with blocks of every length, and compares the members on these texts. \
      With --min-acceptance it exits with 1 if fewer of the first drafted tokens stand.

      Example: tandem probe pair.tandem --min-acceptance 0.5 --svg speed-up.svg
      """)

  @OptionGroup var engine: EngineArguments

  @Option(help: ArgumentHelp("speed or tandem-speed; the pair's if not given.", valueName: "mode"))
  var mode: WritingMode?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A text to continue; may be repeated. Four built-in ones if not given.", valueName: "text"))
  var prompt: [String] = []

  @Option(help: ArgumentHelp("Tokens to write after each prompt.", valueName: "n"))
  var maxTokens = 64

  @Option(
    help: ArgumentHelp(
      "How often each text is written; its fastest round counts.", valueName: "n"))
  var rounds = 3

  @Option(
    help: ArgumentHelp(
      "The longest block; 16 if not given, or what the pair allows.", valueName: "n"))
  var gamma: Int?

  @Option(
    help: ArgumentHelp(
      "Exits with 1 if a smaller part of first drafted tokens stands.", valueName: "x"))
  var minAcceptance: Double?

  @Option(
    help: ArgumentHelp("Writes the speed-ups as a chart.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: String?

  @Flag(help: "Replaces the chart if it exists.")
  var force = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    guard 2...100_000 ~= maxTokens else {
      throw ValidationError("--max-tokens is \(maxTokens); allowed are 2 to 100000")
    }
    guard 1...1000 ~= rounds else {
      throw ValidationError("--rounds is \(rounds); allowed are 1 to 1000")
    }
    if let minAcceptance, !(0...1 ~= minAcceptance) {
      throw ValidationError("--min-acceptance is \(minAcceptance); allowed are 0 to 1")
    }
    if let mode, ![.speed, .tandemSpeed].contains(mode) {
      throw ValidationError("--mode is \(mode.rawValue); speed and tandem-speed can be measured")
    }
  }

  func run() throws {
    let bundle = try engine.open()
    if let svg { try OutputFile.check(svg, replacing: force) }
    let result = try measure(bundle)
    if let svg { try write(PairProbeChart(result).svg, to: svg) }
    try printResult(PairProbeReport(path: engine.path, result), asJSON: json)
    if let minAcceptance, result.acceptance < minAcceptance {
      let share = Numbers.fixed(result.acceptance, decimals: 3)
      remark(
        "tandem: of the first drafted tokens \(share) stand; at least \(minAcceptance) are asked for\n"
      )
      throw ExitCode.findings
    }
  }

  private func measure(_ bundle: TandemBundle) throws -> PairProbe {
    let member = try bundle.writer(WritingOptions())
    let tokenizer = try engine.tokenizer(bundle, member)
    let prompts = (prompt.isEmpty ? Self.prompts : prompt).map { tokenizer.encode($0) }
      .filter { !$0.isEmpty }
    guard !prompts.isEmpty else {
      throw FileError(engine.path, "measure", reason: "the prompts have no tokens")
    }
    let isShown = StandardStream.error.isTerminal
    defer { if isShown { remark("\r\u{1B}[K") } }
    return try PairProbe(
      bundle, mode: mode, prompts: prompts, tokenCount: maxTokens,
      endTokens: bundle.endTokens(of: member, tokenizer), maximumBlockLength: gamma,
      roundCount: rounds, pool: engine.pool, decoding: engine.decoding
    ) { if isShown { remark("\r\u{1B}[Kmeasuring \($0)") } }
  }

  private func write(_ text: String, to path: String) throws {
    let file = try OutputFile(path: path, replacing: force)
    let bytes = Array(text.utf8)
    try file.write(bytes.rawSpan, at: 0)
    try file.commit()
  }

  private static let prompts = [
    "The capital of France is",
    "def fibonacci(n):\n    \"\"\"Returns the n-th Fibonacci number.\"\"\"\n",
    "Once upon a time, in a village by the sea, there lived",
    "Question: What is the difference between a list and a tuple?\nAnswer:",
  ]
}
