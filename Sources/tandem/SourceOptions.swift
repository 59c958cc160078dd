import ArgumentParser
import TandemBytes
import TandemConversion
import TandemReports

/// What is validated or packed: a path, or the members of a pair by their roles.
struct SourceOptions: ParsableArguments {
  @Argument(
    help: "A checkpoint (file or folder), a pair (PAIR.json) or a bundle.", completion: .file())
  var path: String?

  @Option(help: ArgumentHelp("The large model.", valueName: "path"), completion: .file())
  var primary: String?

  @Option(help: ArgumentHelp("The model that drafts.", valueName: "path"), completion: .file())
  var secondary: String?

  @Option(
    help: ArgumentHelp("The projections of its states into the secondary.", valueName: "path"),
    completion: .file())
  var projection: String?

  @Option(
    help: ArgumentHelp("What decides how long a draft is.", valueName: "path"), completion: .file())
  var router: String?

  @Flag(help: "Accepts flaws that other readers accept.")
  var lenient = false

  func validate() throws {
    let roles = [primary, secondary, projection, router].contains { $0 != nil }
    if path != nil && roles {
      throw ValidationError("give either a path or --primary, --secondary, …, not both")
    }
    if path == nil && primary == nil {
      throw ValidationError("what is missing is a path, or --primary with --secondary")
    }
    if secondary == nil && (projection != nil || router != nil) {
      throw ValidationError("--projection and --router need --secondary")
    }
  }

  /// What remarks call it.
  var name: String { path ?? primary ?? "" }

  /// Validates it.
  func findings(includingValues: Bool) throws -> Findings {
    let bar = ProgressBar("reading values")
    defer { bar.finish() }
    var options = Validation.Options()
    options.includesValues = includingValues
    options.isLenient = lenient
    options.progress = bar.update
    return try Validation(path: name, options).findings
  }

  /// Validates it and plans a bundle.
  func packer() throws -> Packer {
    try Packer(path: name, isLenient: lenient)
  }
}
