import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors

extension TandemBundle {
  /// A member as the checkpoint that it was packed from, with its metadata and documents; the
  /// tensors lie in the mapped bundle.
  ///
  /// - Returns: Of a format that bundles do not keep as it was (PyTorch, NumPy, ONNX), tensors and
  ///   documents.
  /// - Throws: ``Finding`` if a section of it is damaged, ``FileError`` if headers cannot be laid
  ///   out.
  /// - Complexity: O(*n*) in the bytes of headers and documents; no tensor is read.
  func checkpoint(of member: BundleMember) throws -> Checkpoint {
    let plain = model(of: member).checkpoint
    let format = sourceText("source.format", of: member).flatMap(CheckpointFormat.init(rawValue:))
    let (own, tensorFiles) = try split(sourceFiles(of: member))
    var documents = own
    if format == .huggingFace { documents += try tokenizerDocuments(of: member, beside: documents) }
    documents.sort { $0.name < $1.name }
    var tensors = plain.tensors
    var metadata = CheckpointMetadata.safetensors([])
    if let format, !tensorFiles.isEmpty, Self.isKept(format, tensorFiles) {
      let source = try Checkpoint.outline(
        format, path: file.path, files: tensorFiles.map { try outline($0) }, documents: [])
      let placed = inPlace(source.tensors, member)
      if placed.count == tensors.count { (tensors, metadata) = (placed, source.metadata) }
    }
    return Checkpoint(
      format: format ?? plain.format, path: file.path, files: plain.files, tensors: tensors,
      metadata: metadata, documents: documents)
  }

  /// A field of a member that is a text.
  func sourceText(_ key: String, of member: BundleMember) -> String? {
    if case .string(let text)? = fields(of: member)[key] { text } else { nil }
  }

  /// Whether the headers of files are ones that are read without tensor data.
  private static func isKept(_ format: CheckpointFormat, _ files: [FileMap.File]) -> Bool {
    switch format {
    case .gguf, .safetensors: true
    case .huggingFace: files.allSatisfy { $0.path.hasSuffix(".safetensors") }
    case .pytorch, .npy, .npz, .onnx: false
    }
  }

  /// The documents of the tokenizer that a member uses, where its own files lack them.
  private func tokenizerDocuments(
    of member: BundleMember, beside documents: [Document]
  ) throws -> [Document] {
    let own = Set(documents.map(\.name))
    guard let tokenizer = member.tokenizer, !own.contains("tokenizer.json") else { return [] }
    return try sections.filter {
      $0.kind == .document && $0.member == tokenizer && !own.contains($0.name)
    }.map { try document($0.name, plainBytes(of: $0)) }
  }

  private func document(_ name: String, _ bytes: [UInt8]) throws(FileError) -> Document {
    let path = Paths.join(file.path, name)
    return Document(name: name, file: try MappedFile(copying: bytes.rawSpan, path: path))
  }

  /// Tells a member's documents, each one section or empty, from its files with tensors.
  private func split(_ files: [FileMap.File]) throws -> ([Document], [FileMap.File]) {
    let sections = sections
    var documents: [Document] = []
    var others: [FileMap.File] = []
    for source in files {
      var bytes: [UInt8]?
      if source.segments.isEmpty { bytes = [] }
      if source.segments.count == 1, case .section(let index, let range) = source.segments[0],
        sections[index].kind == .document, range.count == sections[index].byteCount
      {
        bytes = try plainBytes(of: sections[index])
      }
      if let bytes {
        documents.append(try document(source.path, bytes))
      } else {
        others.append(source)
      }
    }
    return (documents, others)
  }

  /// What stands around the tensors of a source file.
  private func outline(_ source: FileMap.File) throws(Finding) -> Checkpoint.OutlineFile {
    let sections = sections
    var plain: [Int: [UInt8]] = [:]
    var pieces: [FilePiece] = []
    var offset = 0
    for segment in source.segments {
      if case .section(let index, let range) = segment {
        if plain[index] == nil { plain[index] = try plainBytes(of: sections[index]) }
        let bytes = plain[index] ?? []
        pieces.append(FilePiece(offset: offset, bytes: Array(bytes[range])))
      }
      offset += segment.byteCount
    }
    // Findings name the bundle, which the files lie in.
    return Checkpoint.OutlineFile(
      name: Paths.name(file.path), byteCount: source.byteCount, pieces: pieces)
  }

  /// The source's tensors in their order, at their places in the bundle.
  private func inPlace(
    _ tensors: [TensorDescriptor], _ member: BundleMember
  ) -> [TensorDescriptor] {
    tensors.compactMap { tensor in
      guard let index = tensorIndex(tensor.name, of: member) else { return nil }
      return TensorDescriptor(
        name: tensor.name, type: tensor.type, shape: tensor.shape, fileIndex: 0,
        byteRange: payloadRange(at: payloadIndex(ofTensorAt: index)))
    }
  }
}
