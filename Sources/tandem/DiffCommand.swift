import ArgumentParser
import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemModels
import TandemReports
import TandemTensors

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares two models tensor by tensor, across formats and element types.",
    discussion: """
      Tells which tensors are identical, have other values, types or shapes, are named otherwise or are missing, and \
      where the configurations differ. Tensors of GGUF and Hugging Face models are matched by what they are, and \
      brought into the same order. Values are compared without rounding; quantised ones are what they decode to.

      Tensors with other values come with the most different one first: those where the most values have become NaN or \
      infinite, then the one whose values, as a vector, make the largest angle with the other's (the lowest cosine). \
      differ: the share of elements that are not equal; not finite: how many of them are NaN or infinite in one model \
      only, or infinite with another sign, which the next three leave out; max |Δ|: the largest difference; max \
      relative: the largest one as a part of the larger value; first at: the first element that differs, counted from 0.

      Exit code 1 if there is a difference. Equal values in another type are none, nor are they in other bits, as 0 \
      and -0 have. Exit code 2 if the models cannot be compared: one is damaged, or no tensor matches --filter.

      Examples:
        tandem diff base/ fine-tuned/
        tandem diff model/ model.Q8_0.gguf --filter '*mlp*'
      """)

  @Argument(help: "A checkpoint (file or folder) or a bundle.", completion: .file())
  var first: String

  @Argument(help: "The same.", completion: .file())
  var second: String

  @Option(
    help: ArgumentHelp(
      "Compares the tensors whose names match: * ? [a-z] [!a-z].", valueName: "glob"))
  var filter: String?

  @Option(help: ArgumentHelp("The member of a bundle that has several.", valueName: "name"))
  var member: String?

  @Flag(help: "Lists all tensors that differ, not only the first 20.")
  var all = false

  @Flag(help: "Prints JSON.")
  var json = false

  @Flag(help: .lenient)
  var lenient = false

  func run() throws {
    let (a, b) = (try model(first), try model(second))
    let glob = filter.map { Glob($0) }
    if let glob { try check(glob, a, b) }
    let byteCount = a.checkpoint.tensors.reduce(0) { $0 + $1.byteCount }
    let bar = ProgressBar("comparing", totalByteCount: byteCount)
    let comparison = ModelComparison(
      a, b, isListed: { glob?.matches($0) ?? true }, progress: bar.advance)
    bar.finish()
    let report = DiffReport(first: first, second: second, comparison, listsAll: all)
    try printResult(report, asJSON: json)
    if !comparison.isSame { throw ExitCode.findings }
  }

  /// - Throws: A finding if no tensor of either model matches: that is no sameness.
  private func check(_ glob: Glob, _ a: Model, _ b: Model) throws(Finding) {
    let models = [a, b]
    if models.contains(where: { $0.checkpoint.tensors.contains { glob.matches($0.name) } }) {
      return
    }
    throw Finding(
      CommandRule.usage, in: "\(first), \(second)", "no tensor matches '\(filter ?? "")'")
  }

  private func model(_ path: String) throws -> Model {
    switch try Input(path, isLenient: lenient) {
    case .bundle(let bundle):
      let member = try bundle.member(member, to: "compare")
      let damage = bundle.verifyTensors(of: member)
      if damage.hasErrors { throw UnreadableInput(report: FindingsReport(path, damage)) }
      return bundle.model(of: member)
    case .damagedBundle(let finding): throw finding
    case .pair: throw FileError(path, "compare", reason: "it describes a pair; compare its members")
    case .checkpoint(let reading):
      // Damage would be reported as a difference, or, done to both alike, not at all.
      let reading = reading.materialised().withChecksums()
      guard let checkpoint = reading.checkpoint else {
        throw UnreadableInput(report: FindingsReport(path, reading.findings))
      }
      // The tokenizer may name the tokens that begin and end a text.
      return Model.load(checkpoint).model
    }
  }
}
