public import ArgumentParser
import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemModels
public import TandemReports
import TandemTensors

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Lists what a checkpoint or a bundle is and holds.",
    discussion: """
      Shows architecture, parameters, types and memory, then the tensors, those of equal layers folded into one line. \
      Reads headers only, whatever the size.

      Memory is for all positions that the model allows unless --context says less: weights as stored, keys and values \
      in F16, and the activations of one token of each sequence in F32.

      Examples:
        tandem inspect model.gguf
        tandem inspect model.gguf --filter 'blk.[0-3].attn_*' --sort size
        tandem inspect pair.tandem --context 4096 --batch 8
      """)

  @Argument(help: "A checkpoint (file or folder) or a bundle.", completion: .file())
  var path: String

  @Flag(help: "Lists every tensor.")
  var tensors = false

  @Option(
    help: ArgumentHelp(
      "Lists the tensors whose names match: * ? [a-z] [!a-z]; may be repeated.", valueName: "glob"))
  var filter: [String] = []

  @Option(
    help: ArgumentHelp("Lists the tensors in this order.", valueName: "order"),
    completion: .list(TensorOrder.allCases.map(\.rawValue)))
  var sort: TensorOrder?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The positions to plan memory for.", valueName: "n"),
    transform: allowing("whole numbers"))
  var context: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The sequences to plan memory for.", valueName: "n"))
  var batch = 1

  @Flag(help: "Shows the file's metadata and the chat template too.")
  var metadata = false

  @Flag(help: "Prints JSON; with --tensors, --filter or --sort each tensor.")
  var json = false

  @Flag(help: "Prints Markdown.")
  var markdown = false

  @Flag(help: .lenient)
  var lenient = false

  func validate() throws {
    for (name, value) in [("--context", context ?? 1), ("--batch", batch)]
    where !(1...1_000_000_000).contains(value) {
      throw ValidationError("\(name) is \(value); allowed are 1 to 1000000000")
    }
    if json && markdown { throw ValidationError("--json and --markdown exclude each other") }
  }

  func run() throws {
    let report = try inspect()
    if markdown {
      try printResult { report.writeMarkdown(to: $0) }
    } else {
      try printResult(report, asJSON: json)
    }
    if let context, let trained = report.trainedContextLength, context > trained {
      remark("tandem: \(path): the model was trained for \(Numbers.grouped(trained)) positions\n")
    }
    if !filter.isEmpty, report.listedTensorCount == 0 {
      let patterns = filter.map { "'\($0.printable)'" }.joined(separator: " or ")
      remark("tandem: \(path): no tensor matches \(patterns)\n")
      throw ExitCode.findings
    }
  }

  private func inspect() throws -> InspectReport {
    var options = InspectOptions()
    options.listsAllTensors = tensors
    options.filters = filter.map { Glob($0) }
    options.showsMetadata = metadata
    options.order = sort
    options.contextLength = context
    options.batchSize = batch
    switch try Input(path, isLenient: lenient) {
    case .bundle(let bundle): return InspectReport(bundle, options: options)
    case .damagedBundle(let finding): throw finding
    case .pair:
      throw FileError(
        path, "inspect", reason: "it describes a pair; inspect its members, or pack it first")
    case .checkpoint(let reading):
      guard let checkpoint = reading.checkpoint else {
        throw UnreadableInput(report: FindingsReport(path, reading.findings))
      }
      remarkWarnings(FindingsReport(path, reading.findings))
      let (model, _) = Model.load(checkpoint, includingVocabulary: false)
      return InspectReport(model, options: options)
    }
  }
}

extension TensorOrder: ExpressibleByArgument {}
