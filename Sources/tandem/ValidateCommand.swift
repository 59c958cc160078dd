import ArgumentParser
import TandemBytes
import TandemConversion
import TandemReports

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Reports everything that is wrong with a checkpoint, a pair or a bundle.",
    discussion: """
      Checks the format, shards against their index, configuration and tokenizer against tensors, and of a pair whether \
      its members fit together. Each finding has a code that is listed in schemas/findings.md.

      Of an independent pair --primary and --secondary are enough. A tandem, with projection and router, is described \
      by a PAIR.json: schemas/pair.md; with --projection in its place, all is checked that three paths can say.

      Examples:
        tandem validate model.gguf --values
        tandem validate PAIR.json --strict
        tandem validate --primary large/ --secondary small/
        tandem validate --primary large/ --secondary small/ --projection p.safetensors
      """)

  @OptionGroup var source: SourceOptions

  @Option(
    help: ArgumentHelp("The linear layers between both.", valueName: "path"), completion: .file())
  var projection: String?

  @Flag(
    help: "Reads all values too: NaN, infinity, what looks untrained; of a bundle every digest.")
  var values = false

  @Flag(help: "Ends with exit code 1 also for warnings.")
  var strict = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if projection != nil && source.secondary == nil {
      throw ValidationError("--projection lies between --primary and --secondary: give all three")
    }
  }

  func run() throws {
    let validation = try source.validation(includingValues: values, projection: projection)
    let report = FindingsReport(
      source.name, validation.findings, accepted: validation.accepted)
    try printResult(report, asJSON: json)
    if validation.leavesOutData && !json {
      remark("tensor data were not read: --values does it, and so does tandem verify\n")
    }
    let limit: Severity = strict ? .warning : .error
    if let worst = validation.findings.worstSeverity, worst >= limit { throw ExitCode.findings }
  }
}
