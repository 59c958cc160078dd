public import TandemBundles
import TandemBytes

/// Members of a bundle, each to be converted to one format: a file or folder of the member's name.
///
/// Everything is planned before anything is written; nothing is, if an error stands against one.
public struct MemberConversions: ~Copyable {
  /// In the order of the members.
  public let plans: [ConversionPlan]
  private let folders: NewFolders

  /// - Parameter folder: Where to; it is made if needed, and removed if nothing comes into it.
  /// - Throws: ``FileError`` if a target exists and may not be replaced, or the folder cannot be
  ///   made; ``Finding`` if a member is damaged.
  public init(
    _ bundle: TandemBundle, members: [BundleMember], to folder: String,
    _ options: ConversionOptions
  ) throws {
    var folders = NewFolders()
    do {
      try folders.create(folder)
      plans = try members.map { member in
        guard Paths.isSafeName(member.name) else {
          throw Finding(
            BundleRule.fileMap, in: bundle.file.path, item: member.name,
            "the member's name cannot be the name of a file")
        }
        let output = Paths.join(folder, options.format.output(named: member.name))
        return try ConversionPlan(ConversionSource(bundle, member), to: output, options)
      }
      self.folders = folders
    } catch {
      folders.removeEmpty()
      throw error
    }
  }

  public var hasErrors: Bool { plans.contains { $0.findings.hasErrors } }

  /// The bytes of all tensors.
  public var tensorByteCount: Int { plans.reduce(0) { $0 + $1.tensorByteCount } }

  /// Writes the members one after another.
  ///
  /// - Throws: As ``Converter/write(progress:)``; members before it are complete.
  public consuming func write(
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> [Converter.Result] {
    do {
      let results = try plans.map { try Converter($0).write(progress: progress) }
      folders.keep()
      return results
    } catch {
      folders.removeEmpty()
      throw error
    }
  }

  /// Leaves no folder behind that was made for what is not written.
  public consuming func discard() { folders.removeEmpty() }
}

extension ConversionFormat {
  /// What a model of some name is called in this format: a file, or a folder without an ending.
  fileprivate func output(named name: String) -> String {
    self == .huggingFace ? name : "\(name).\(fileExtension)"
  }
}
