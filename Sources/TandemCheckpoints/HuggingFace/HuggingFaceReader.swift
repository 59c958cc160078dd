public import TandemBytes

/// Reads model folders as Hugging Face's libraries save them.
public enum HuggingFaceReader {
  /// Reads a folder: its weights, in one safetensors or PyTorch file or in shards with an index,
  /// and its documents.
  ///
  /// Documents are the index and all other files of the folder and of its subfolders, one level
  /// down, but hidden files, other weights and what is over 256 MiB; a finding names each that is
  /// left out: an error if a model is read from it, a warning if it may hold a part of one.
  ///
  /// - Parameters:
  ///   - path: The folder; a snapshot in the hub's cache is one.
  ///   - isLenient: As for ``SafetensorsReader/read(path:isLenient:)``.
  /// - Returns: All findings, and the checkpoint unless one is an error.
  /// - Throws: ``FileError`` if the folder cannot be listed, or a file of it cannot be opened.
  public static func read(
    path: String, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    try read(CheckpointFolder(path), isLenient: isLenient)
  }

  static func read(
    _ folder: CheckpointFolder, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    switch folder.weights {
    case .none(let finding):
      var findings = Findings()
      findings.add(finding)
      for entry in folder.leftOut where entry.rule == .unreadable {
        findings.add(
          Finding(leaving: "entry", at: folder.path(of: entry.name), entry.reason, entry.rule))
      }
      return CheckpointReading(nil, findings)
    case .single(let name, let kind):
      return try read(folder, singleFile: name, kind, isLenient: isLenient)
    case .index(let name, let kind):
      return try read(folder, index: name, kind, isLenient: isLenient)
    }
  }

  private static func read(
    _ folder: CheckpointFolder, singleFile name: String, _ kind: WeightKind, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    var findings = Findings()
    var shards: [WeightShard] = []
    var files: [TensorFile] = []
    if let file = try folder.open(name, &findings) {
      let read = kind.read(file, fileIndex: 0, isLenient: isLenient)
      findings.add(contentsOf: read.findings)
      files = [TensorFile(name: name, file: file, headerByteCount: read.headerByteCount)]
      shards = [read]
    }
    let documents = try FolderDocuments(of: folder, without: [name])
    let checkpoint = Checkpoint(
      format: .huggingFace, path: folder.path, files: files, tensors: shards.flatMap(\.tensors),
      metadata: kind.metadata(of: shards), documents: documents.documents)
    return CheckpointReading(checkpoint, findings, onDocuments: documents.findings)
  }

  private static func read(
    _ folder: CheckpointFolder, index name: String, _ kind: WeightKind, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    var findings = Findings()
    guard let file = try folder.open(name, &findings) else {
      return CheckpointReading(nil, findings)
    }
    let set = try ShardSet(ShardIndex(file), kind, in: folder, isLenient: isLenient)
    findings.add(contentsOf: set.findings)
    let weights = [name] + set.shards.map(\.name) + set.unlistedFiles
    let documents = try FolderDocuments(of: folder, without: Set(weights))
    // The index is a document too: who writes the folder again needs it.
    let all = (documents.documents + [Document(name: name, file: file)])
      .sorted { $0.name < $1.name }
    let checkpoint = Checkpoint(
      format: .huggingFace, path: folder.path, files: set.files, tensors: set.tensors,
      metadata: kind.metadata(of: set.read), documents: all)
    return CheckpointReading(checkpoint, findings, onDocuments: documents.findings)
  }
}
