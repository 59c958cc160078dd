public import TandemBundles
public import TandemBytes

/// Writes the source files of a bundle's members again, bit for bit.
public struct Unpacker {
  /// A file that will be written.
  public struct File: Sendable {
    public let path: String
    /// The member that it belongs to.
    public let member: String
    public let byteCount: Int
    fileprivate let segments: [Segment]
  }

  private let bundle: TandemBundle
  /// What will be written, in order.
  public let files: [File]

  /// Plans what to write for some members.
  ///
  /// - Parameter folder: Each member's files go to a folder of its name in here.
  /// - Throws: ``Finding`` if a member's file map is damaged, or its name leads out of the folder.
  public init(
    _ bundle: TandemBundle, members: [BundleMember], to folder: String
  ) throws(Finding) {
    self.bundle = bundle
    var files: [File] = []
    for member in members {
      guard Paths.isSafeName(member.name) else {
        throw Finding(
          BundleRule.fileMap, in: bundle.file.path, item: member.name,
          "the member's name cannot be the name of a folder")
      }
      for file in try bundle.sourceFiles(of: member) {
        files.append(
          File(
            path: Paths.join(Paths.join(folder, member.name), file.path), member: member.name,
            byteCount: file.byteCount, segments: file.segments))
      }
    }
    self.files = files
  }

  /// The bytes of all files.
  public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

  /// Refuses to go on if a file that would be written exists, before any is written.
  private func checkTargets() throws(FileError) {
    for file in files where (try? FileStatus(path: file.path)) != nil {
      throw FileError(file.path, "write", reason: "it exists; --force replaces it")
    }
  }

  /// Writes the files, checking every digest on the way.
  ///
  /// - Throws: ``Finding`` if the bundle is damaged, ``FileError`` if a file cannot be written;
  ///   files before it are complete.
  public func write(
    replacing: Bool, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws {
    if !replacing { try checkTargets() }
    var plain: [Int: [UInt8]] = [:]
    let sections = bundle.sections
    for file in files {
      try Paths.createFolder(Paths.folder(file.path))
      let output = try OutputFile(path: file.path, replacing: replacing)
      try output.reserve(file.byteCount)
      var offset = 0
      var runs: [PayloadCopy] = []
      for segment in file.segments {
        switch segment {
        case .zeros: break
        case .section(let index, let range):
          let bytes = try plain[index] ?? bundle.plainBytes(of: sections[index])
          plain[index] = bytes
          try output.write(bytes.rawSpan.extracting(range), at: offset)
        case .payload(let index, let range):
          runs.append(PayloadCopy(payload: index, range: range, target: offset))
        }
        offset += segment.byteCount
      }
      try bundle.copy(runs, to: output, progress: progress)
      try output.commit()
      plain = [:]
    }
  }
}
