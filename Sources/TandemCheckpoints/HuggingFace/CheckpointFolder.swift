import TandemBytes

/// The files of a folder and of its subfolders, one level down, without hidden ones.
struct CheckpointFolder {
  /// The folder, as the user named it.
  let path: String
  /// The regular files' paths within the folder, sorted.
  let names: [String]
  /// What is not looked at, by its path within the folder, and why.
  let leftOut: [(name: String, reason: String)]
  private let bounds: FolderBounds

  /// Lists a folder.
  ///
  /// - Throws: ``FileError`` if it, or a folder in it, cannot be listed.
  init(_ path: String) throws(FileError) {
    var listing = Listing(
      root: try Paths.resolved(path), identity: try FileStatus(path: path).identity)
    try listing.add(path, prefix: "")
    self.path = path
    self.names = listing.names.sorted()
    self.leftOut = listing.leftOut
    self.bounds = try FolderBounds(path)
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
}

/// What a folder and its subfolders hold.
private struct Listing {
  let root: String
  /// The folders that were listed: a link may lead back to one.
  private var seen: Set<FileIdentity>
  private(set) var names: [String] = []
  private(set) var leftOut: [(name: String, reason: String)] = []

  init(root: String, identity: FileIdentity) {
    self.root = root
    seen = [identity]
  }

  /// - Parameter prefix: Empty for the folder itself, else the subfolder's name and a slash.
  mutating func add(_ folder: String, prefix: String) throws(FileError) {
    for entry in try Paths.names(in: folder) {
      let name = prefix + entry
      let path = Paths.join(folder, entry)
      guard let status = try? FileStatus(path: path) else {
        leaveOut(name, "it is a link that leads nowhere, or its name is not UTF-8")
        continue
      }
      if entry.utf8.first == UInt8(ascii: ".") {
        leaveOut(name, "it is hidden")
      } else if status.kind == .regular {
        names.append(name)
      } else if status.kind != .folder {
        leaveOut(name, "it is \(status.kind.phrase)")
      } else if !prefix.isEmpty {
        leaveOut(name, "folders in folders are not looked into")
      } else if try !Paths.resolved(path).hasPrefix(root == "/" ? "/" : root + "/") {
        leaveOut(name, "it is a link to the folder itself or out of it")
      } else if seen.insert(status.identity).inserted {
        try add(path, prefix: name + "/")
      } else {
        leaveOut(name, "it is a link to a folder that is read already")
      }
    }
  }

  private mutating func leaveOut(_ name: String, _ reason: String) {
    leftOut.append((name, reason))
  }
}
