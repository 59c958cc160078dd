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
  private let folder: String
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
    self.folder = folder
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

  /// Refuses to go on if a file that would be written exists, or would be written through a link
  /// out of the folder, before any is written.
  private func checkTargets(replacing: Bool) throws(FileError) {
    for file in files {
      var path = Paths.folder(file.path)
      while path.utf8.count > folder.utf8.count, path != "." {
        if Paths.isLink(path) {
          throw FileError(path, "write into the folder", reason: "it is a symbolic link")
        }
        path = Paths.folder(path)
      }
      if !replacing, (try? FileStatus(path: file.path)) != nil {
        throw FileError(file.path, "write", reason: "it exists; --force replaces it")
      }
    }
  }

  /// Writes the files, checking every digest on the way.
  ///
  /// - Throws: ``Finding`` if the bundle is damaged, ``FileError`` if a file cannot be written;
  ///   files before it are complete, and no empty folder is left.
  public func write(
    replacing: Bool, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws {
    try checkTargets(replacing: replacing)
    var created: [String] = []
    do {
      for file in files {
        created += try Paths.createFolder(Paths.folder(file.path))
        try write(file, replacing: replacing, progress)
      }
    } catch {
      for folder in created.reversed() { Paths.removeFolder(folder) }
      throw error
    }
  }

  private func write(
    _ file: File, replacing: Bool, _ progress: @escaping @Sendable (Int) -> Void
  ) throws {
    let output = try OutputFile(path: file.path, replacing: replacing)
    try output.reserve(file.byteCount)
    var offset = 0
    var copies: [PayloadCopy] = []
    for segment in file.segments {
      switch segment {
      case .zeros, .section: break
      case .payload(let index, let range):
        copies.append(PayloadCopy(payload: index, range: range, target: offset))
      }
      offset += segment.byteCount
    }
    try bundle.copy(copies, to: output, progress: progress)
    try writeSections(of: file, to: output)
    try output.commit()
  }

  /// Writes what lies between payloads; after them, because copying those fills gaps with zeros.
  private func writeSections(of file: File, to output: OutputFile) throws {
    var plain: [Int: [UInt8]] = [:]
    var checked: Set<Int> = []
    let sections = bundle.sections
    var offset = 0
    for segment in file.segments {
      if case .section(let index, let range) = segment {
        let section = sections[index]
        if section.isCompressed {
          let bytes = try plain[index] ?? bundle.plainBytes(of: section)
          plain[index] = bytes
          try output.write(bytes.rawSpan.extracting(range), at: offset)
        } else {
          // It may be large, and is not copied.
          if checked.insert(index).inserted { try bundle.checkDigest(of: section) }
          let stored = bundle.file.bytes.extracting(section.storedRange)
          try output.write(stored.extracting(range), at: offset)
        }
      }
      offset += segment.byteCount
    }
  }
}
