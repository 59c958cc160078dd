import ArgumentParser
import TandemBytes
import TandemConversion
import TandemModels
import TandemReports

/// What is validated or packed: a path, or the members of a pair by their roles.
struct SourceOptions: ParsableArguments {
  @Argument(
    help: "A checkpoint (file or folder) or a pair (PAIR.json); 'validate' takes a bundle too.",
    completion: .file())
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

  /// What reports call it.
  var name: String {
    path ?? [primary, secondary, projection, router].compactMap(\.self).joined(separator: " + ")
  }

  /// The pair that the roles describe; nil if there is a path.
  ///
  /// - Throws: ``FileError`` if one of them is not there.
  private func pair() throws(FileError) -> PairDescription? {
    guard path == nil, let primary else { return nil }
    for path in [primary, secondary, projection, router].compactMap(\.self) {
      _ = try FileStatus(path: path)
    }
    return PairDescription(
      primary: primary, secondary: secondary, projection: projection, router: router)
  }

  /// Validates it.
  func validation(includingValues: Bool) throws -> Validation {
    let bar = ProgressBar("reading")
    defer { bar.finish() }
    var options = Validation.Options()
    options.includesValues = includingValues
    options.isLenient = lenient
    options.progress = bar.update
    if let pair = try pair() { return Validation(pair, options) }
    return try Validation(path: path ?? "", options)
  }

  /// Validates it and plans a bundle.
  func packer() throws -> Packer {
    let bar = ProgressBar("reading")
    defer { bar.finish() }
    if let pair = try pair() {
      return Packer(pair, isLenient: lenient, progress: bar.update)
    }
    return try Packer(path: path ?? "", isLenient: lenient, progress: bar.update)
  }
}
