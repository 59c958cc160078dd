import TandemBytes

/// The files of a folder and of its subfolders, one level down, without hidden ones.
struct CheckpointFolder {
  /// The folder, as the user named it.
  let path: String
  /// The regular files' paths within the folder, sorted.
  let names: [String]
  /// What is not looked at.
  let leftOut: [LeftOut]
  private let bounds: FolderBounds

  /// An entry that is not looked at, by its path within the folder, and why.
  struct LeftOut {
    let name: String
    let reason: String
    let rule: FolderRule
  }

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

  /// Whether a file of this name is one that a model is read from, so that a folder with one that
  /// cannot be read is no whole model.
  static func isReadByName(_ name: String) -> Bool {
    documentNames.contains(name)
      || !name.contains("/")
        && [WeightKind.safetensors, .pytorch].contains {
          $0.holdsWeights(name) || name.hasSuffix($0.indexSuffix)
        }
  }

  private static let documentNames: Set = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt",
    "tokenizer.model", "spiece.model", "chat_template.jinja", "chat_template.json", "modules.json",
    "1_Pooling/config.json",
  ]

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

extension Finding {
  /// Says that something in a folder is not read.
  init(leaving noun: String, at path: String, _ reason: String, _ rule: FolderRule) {
    let (verb, remedy): (String, String?) =
      switch rule {
      case .unreadable: ("cannot be read", "copy the file into the folder, or download it again")
      case .contentLeftOut: ("is left out", "what is made from the folder will not have it")
      default: ("is left out", nil)
      }
    self.init(rule, in: path, "the \(noun) \(verb): \(reason)", remedy: remedy)
  }
}

/// What a folder and its subfolders hold.
private struct Listing {
  let root: String
  /// The folders that were listed: a link may lead back to one.
  private var seen: Set<FileIdentity>
  private(set) var names: [String] = []
  private(set) var leftOut: [CheckpointFolder.LeftOut] = []

  init(root: String, identity: FileIdentity) {
    self.root = root
    seen = [identity]
  }

  /// - Parameter prefix: Empty for the folder itself, else the subfolder's name and a slash.
  mutating func add(_ folder: String, prefix: String) throws(FileError) {
    for entry in try Paths.names(in: folder) {
      let name = prefix + entry
      let path = Paths.join(folder, entry)
      let status: FileStatus
      do throws(FileError) {
        status = try FileStatus(path: path)
      } catch {
        leaveOut(unreadable: name, Self.reason(path, error))
        continue
      }
      if entry.utf8.first == UInt8(ascii: ".") {
        leaveOut(name, "it is hidden")
      } else if status.kind == .regular {
        names.append(name)
      } else if status.kind != .folder {
        leaveOut(unreadable: name, "it is \(status.kind.phrase)")
      } else if !prefix.isEmpty {
        leaveOut(name, "folders in folders are not looked into", .contentLeftOut)
      } else if try !Paths.resolved(path).hasPrefix(root == "/" ? "/" : root + "/") {
        leaveOut(name, "it is a link to the folder itself or out of it")
      } else if seen.insert(status.identity).inserted {
        try add(path, prefix: name + "/")
      } else {
        leaveOut(name, "it is a link to a folder that is read already")
      }
    }
  }

  private mutating func leaveOut(
    _ name: String, _ reason: String, _ rule: FolderRule = .leftOut
  ) {
    leftOut.append(CheckpointFolder.LeftOut(name: name, reason: reason, rule: rule))
  }

  private mutating func leaveOut(unreadable name: String, _ reason: String) {
    leaveOut(
      name, reason, CheckpointFolder.isReadByName(name) ? .unreadable : .contentLeftOut)
  }

  /// Why an entry that the folder has just named cannot be looked at.
  private static func reason(_ path: String, _ error: FileError) -> String {
    if Paths.isLink(path) { return "it is a symbolic link; where it leads, \(error.reason)" }
    // Names are decoded with repairs: a repaired one is the name of nothing.
    return path.utf8.contains(0xEF) && path.contains("\u{FFFD}")
      ? "its name is not UTF-8" : error.reason
  }
}
