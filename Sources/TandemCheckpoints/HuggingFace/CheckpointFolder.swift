import TandemBytes

/// The files of a folder and of its subfolders, one level down, without hidden ones.
struct CheckpointFolder {
  /// The folder, as the user named it.
  let path: String
  /// The regular files' paths within the folder, sorted.
  let names: [String]
  private let bounds: FolderBounds

  /// Lists a folder.
  ///
  /// - Throws: ``FileError`` if it, or a folder in it, cannot be listed.
  init(_ path: String) throws(FileError) {
    var names: [String] = []
    // A link may lead back to the folder, or to one that was listed.
    var seen: Set<FileIdentity> = [try FileStatus(path: path).identity]
    for name in try Self.visibleNames(in: path) {
      guard let status = Self.status(of: Paths.join(path, name)) else { continue }
      if status.kind == .regular {
        names.append(name)
      } else if status.kind == .folder, seen.insert(status.identity).inserted {
        let folder = Paths.join(path, name)
        for inner in try Self.visibleNames(in: folder)
        where Self.status(of: Paths.join(folder, inner))?.kind == .regular {
          names.append("\(name)/\(inner)")
        }
      }
    }
    bounds = try FolderBounds(path)
    self.path = path
    self.names = names.sorted()
  }

  /// The path of a file in the folder, as findings name it.
  func path(of name: String) -> String { Paths.join(path, name) }

  /// The names of the folder's own files that end in a suffix.
  func names(endingIn suffix: String) -> [String] {
    names.filter { $0.hasSuffix(suffix) && !$0.contains("/") }
  }

  /// Tells whether a file really lies in the folder, wherever symbolic links lead.
  func holds(_ name: String) throws(FileError) -> Bool {
    try bounds.hold(path(of: name))
  }

  /// Maps a file, unless symbolic links lead out of the folder, which is a finding.
  func open(_ name: String, _ findings: inout Findings) throws(FileError) -> MappedFile? {
    if try holds(name) { return try MappedFile(path: path(of: name)) }
    findings.add(
      Finding(
        ShardIndexRule.unsafePath, in: path(of: name), "symbolic links lead out of the folder",
        remedy: "copy the file into the folder"))
    return nil
  }

  private static func visibleNames(in folder: String) throws(FileError) -> [String] {
    try Paths.names(in: folder).filter { !$0.hasPrefix(".") }
  }

  /// Nil for a link that leads nowhere.
  private static func status(of path: String) -> FileStatus? { try? FileStatus(path: path) }
}
