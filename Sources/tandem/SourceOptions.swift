import ArgumentParser
import TandemBundles
import TandemBytes
import TandemConversion
import TandemModels
import TandemReports

/// What is validated or packed: a path, or the members of a pair by their roles.
///
/// How a tandem's secondary reads its primary cannot be said by paths: packing one takes a
/// PAIR.json.
struct SourceOptions: ParsableArguments {
  @Argument(
    help: "A checkpoint (file or folder) or a pair (PAIR.json); 'validate' takes a bundle too.",
    completion: .file())
  var path: String?

  @Option(help: ArgumentHelp("The large model.", valueName: "path"), completion: .file())
  var primary: String?

  @Option(help: ArgumentHelp("The model that drafts.", valueName: "path"), completion: .file())
  var secondary: String?

  @Flag(help: .lenient)
  var lenient = false

  func validate() throws {
    if path != nil && (primary != nil || secondary != nil) {
      throw ValidationError("give either a path or --primary and --secondary, not both")
    }
    if secondary != nil && primary == nil {
      throw ValidationError("what is missing is --primary")
    }
    if path == nil && primary == nil {
      throw ValidationError("what is missing is a path, or --primary with --secondary")
    }
  }

  /// What reports call it.
  var name: String {
    path ?? [primary, secondary].compactMap(\.self).joined(separator: " + ")
  }

  /// The pair that the roles describe; nil if there is a path.
  ///
  /// - Throws: ``FileError`` if one of them is not there.
  private func pair(projection: String? = nil) throws(FileError) -> PairDescription? {
    guard path == nil, let primary else { return nil }
    for path in [primary, secondary, projection].compactMap(\.self) {
      _ = try FileStatus(path: path)
    }
    return PairDescription(primary: primary, secondary: secondary, projection: projection)
  }

  /// Validates it.
  ///
  /// - Parameter projection: The linear layers of a tandem whose members are given by their roles.
  func validation(includingValues: Bool, projection: String?) throws -> Validation {
    let bar = ProgressBar("reading")
    defer { bar.finish() }
    var options = Validation.Options()
    options.includesValues = includingValues
    options.isLenient = lenient
    options.progress = bar.update
    if let pair = try pair(projection: projection) { return Validation(pair, options) }
    return try Validation(path: path ?? "", options)
  }

  /// Validates it and plans a bundle.
  func packer(_ transforms: [MemberRole: MemberTransform]) throws -> Packer {
    let bar = ProgressBar("reading")
    defer { bar.finish() }
    var options = Packer.Options()
    options.transforms = transforms
    options.isLenient = lenient
    options.progress = bar.update
    if let pair = try pair() { return Packer(pair, options) }
    return try Packer(path: path ?? "", options)
  }
}
