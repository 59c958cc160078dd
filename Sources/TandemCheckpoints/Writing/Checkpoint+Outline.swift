import TandemBytes

extension Checkpoint {
  /// A file of a checkpoint before its tensors are written.
  public struct OutlineFile {
    /// The path within the checkpoint's folder.
    public let name: String
    public let byteCount: Int
    /// What stands around the tensors.
    public let pieces: [FilePiece]

    public init(name: String, byteCount: Int, pieces: [FilePiece]) {
      self.name = name
      self.byteCount = byteCount
      self.pieces = pieces
    }
  }

  /// Makes a checkpoint whose files have all but their tensors' bytes: headers as they will be, and
  /// holes, which read as zero, where tensors will lie.
  ///
  /// The files have no names, take hardly any room, and go when the checkpoint goes.
  ///
  /// - Parameters:
  ///   - format: safetensors, a model folder or GGUF.
  ///   - path: What findings call the checkpoint.
  /// - Throws: ``FileError`` if the files cannot be made, ``Finding`` if a header is not one that is
  ///   read.
  /// - Complexity: O(*n*) in the bytes of the headers.
  public static func outline(
    _ format: CheckpointFormat, path: String, files: [OutlineFile], documents: [Document]
  ) throws -> Checkpoint {
    let folder = format == .huggingFace ? path : Paths.folder(path)
    let mapped = try files.map { try $0.outline(as: Paths.join(folder, $0.name)) }
    // Whoever has let the files in has said what is accepted.
    if format == .gguf {
      let parts = mapped.enumerated().map { GGUFPart($1, fileIndex: $0, isLenient: true) }
      return try GGUFReader.reading(of: parts, path: path, parts.findings).get()
    }
    let shards = mapped.enumerated().map { SafetensorsShard($1, fileIndex: $0, isLenient: true) }
    for shard in shards { try shard.findings.throwFirstError() }
    return Checkpoint(
      format: format, path: path,
      files: zip(zip(files, mapped), shards).map {
        TensorFile(name: $0.0.name, file: $0.1, headerByteCount: $1.headerByteCount)
      },
      tensors: shards.flatMap(\.tensors), metadata: .safetensors(shards.compactMap(\.metadata)),
      documents: documents)
  }
}

extension Checkpoint.OutlineFile {
  /// Writes what stands around the tensors, and maps the file.
  fileprivate func outline(as path: String) throws(FileError) -> MappedFile {
    let scratch = try ScratchFile(sparseByteCount: byteCount)
    for piece in pieces { try scratch.write(piece.bytes.rawSpan, at: piece.offset) }
    return try scratch.mapped(as: path)
  }
}

extension [GGUFPart] {
  fileprivate var findings: Findings {
    reduce(into: Findings()) { $0.add(contentsOf: $1.findings) }
  }
}
