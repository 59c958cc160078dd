public import TandemBytes
internal import TandemTensors

/// What came of reading one GGUF file: a model or a shard of one.
struct GGUFPart {
  struct Content {
    let file: TensorFile
    let metadata: GGUFMetadata
    /// The number of tensors that the file states.
    let tensorCount: Int
    /// Those whose type, shape and place are good, in the order of their bytes.
    let tensors: [TensorDescriptor]
  }

  let file: MappedFile
  var findings: Findings
  /// Nil if the header cannot be read to its end.
  let content: Content?

  /// Reads a file.
  ///
  /// - Parameter fileIndex: The file's place among those of its model.
  init(_ file: MappedFile, fileIndex: Int, isLenient: Bool) {
    var parser = GGUFParser(file.bytes, path: file.path, isLenient: isLenient)
    do throws(Finding) {
      content = try parser.content(file, fileIndex: fileIndex)
    } catch {
      parser.findings.add(error)
      content = nil
    }
    self.file = file
    findings = parser.findings
  }
}

extension GGUFMetadata {
  /// Reads key–value pairs that lie one after the other, without a GGUF file around them: what a
  /// bundle keeps of a tokenizer.
  ///
  /// - Throws: ``Finding`` with the first rule that they break.
  /// - Complexity: O(*n*) in the bytes.
  public init(pairs file: MappedFile) throws(Finding) {
    var parser = GGUFParser(file.bytes, path: file.path, isLenient: true)
    let entries = try parser.entries(count: nil)
    try parser.findings.throwFirstError()
    self.init(
      file: file, version: 3, alignment: 32, entries: entries.all, indices: entries.indices)
  }
}

extension GGUFParser {
  fileprivate mutating func content(
    _ file: MappedFile, fileIndex: Int
  ) throws(Finding) -> GGUFPart.Content {
    let header = try fixedHeader()
    let entries = try entries(count: header.keyCount)
    let infos = try tensorInfos(count: header.tensorCount)
    // Without a valid alignment nothing can be said about places; the finding about it is an error.
    let placement = entries.alignment.map {
      place(infos, alignment: $0, fileIndex: fileIndex)
    }
    return GGUFPart.Content(
      file: TensorFile(
        name: Paths.name(file.path), file: file, headerByteCount: placement?.dataStart ?? 0),
      metadata: GGUFMetadata(
        file: file, version: header.version, alignment: entries.alignment ?? 32,
        entries: entries.all, indices: entries.indices),
      tensorCount: header.tensorCount, tensors: placement?.tensors ?? [])
  }
}
