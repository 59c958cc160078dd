import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemModels
import TandemTensors

/// The tensors of a checkpoint that is outlined and not written, and what they are made from.
struct RecodedTensors: Sendable {
  /// The checkpoint with the tensors' new types: headers, and holes for tensors.
  let outline: Checkpoint
  private let source: Checkpoint
  /// For each tensor of the outline, its number in the source, and what becomes of it; nil if it
  /// stays.
  private let origins: [(number: Int, recoding: PayloadRecoding?)]

  /// Plans the recoding of a checkpoint.
  ///
  /// - Parameter findings: What stands against it is added.
  /// - Returns: nil if a finding is an error, or if every tensor has the wanted type already.
  init?(_ source: Checkpoint, _ transform: MemberTransform, _ findings: inout Findings) {
    guard let format = Self.format(of: source, transform, &findings) else { return nil }
    let shardByteCount = source.files.map(\.file.byteCount).max()
    let plan = ConversionPlan(
      laying: ConversionSource(source), out: Self.path(of: source),
      transform.options(format, shardByteCount: source.files.count > 1 ? shardByteCount : nil))
    findings.add(contentsOf: plan.findings)
    if plan.findings.hasErrors || plan.tensors.allSatisfy(\.isCopied) { return nil }
    do {
      outline = try plan.outline(source)
    } catch let finding as Finding {
      findings.add(finding)
      return nil
    } catch {
      findings.add(
        Finding(
          FileRule.noScratch, in: source.path, "the headers cannot be laid out: \(error)",
          remedy: "set TMPDIR to a folder that can be written"))
      return nil
    }
    self.source = source
    origins = plan.origins(of: outline)
  }

  /// What a tensor of the outline is, or is made from.
  func content(
    ofTensor index: Int
  ) -> (file: MappedFile, range: Range<Int>, recoding: PayloadRecoding?) {
    let (number, recoding) = origins[index]
    let tensor = source.tensors[number]
    return (source.files[tensor.fileIndex].file, tensor.byteRange, recoding)
  }

  /// The numbers in the outline of tensors that are numbered as in the source.
  func numbers(ofSourceTensors source: [Int]) -> [Int] {
    var numbers = [Int](repeating: 0, count: origins.count)
    for (number, origin) in origins.enumerated() { numbers[origin.number] = number }
    return source.map { numbers[$0] }
  }

  /// Warnings of tensors with numbers that their types do not have; they are known once all has been
  /// written.
  var losses: Findings {
    var findings = Findings()
    for (tensor, origin) in zip(outline.tensors, origins) {
      guard let loss = origin.recoding?.loss else { continue }
      findings.add(
        contentsOf: ConversionRule.findings(on: loss, in: source.path, tensor.name, tensor.type))
    }
    return findings
  }

  /// What the member is called as one file or folder: a shard's name has a number that is left out.
  private static func path(of source: Checkpoint) -> String {
    if let shard = GGUFShardName(source.path) { return shard.stem + ".gguf" }
    let end = source.path.lastIndex { $0 != "/" }
    return end.map { String(source.path[...$0]) } ?? source.path
  }

  /// The format that the member is written in; nil, with a finding, if it cannot hold what is wanted.
  private static func format(
    of source: Checkpoint, _ transform: MemberTransform, _ findings: inout Findings
  ) -> ConversionFormat? {
    let command = "tandem convert \(source.path)"
    switch (source.format, source.metadata) {
    case (.gguf, _): return .gguf
    case (.safetensors, _), (.huggingFace, .safetensors):
      let isFolder = source.format == .huggingFace
      guard let type = transform.quantisedType else {
        return isFolder ? .huggingFace : .safetensors
      }
      findings.add(
        Finding(
          PackRule.transform, in: source.path,
          "a \(isFolder ? "model folder" : "safetensors file") cannot hold \(type.name), and unpacking would have to write one",
          remedy: "make it GGUF first: \(command) model.gguf --quantize "
            + (transform.quantisation?.name.lowercased() ?? type.name.lowercased())
            + ", and say in PAIR.json what it is derived_from"))
    default:
      findings.add(
        Finding(
          PackRule.transform, in: source.path,
          "its types cannot be changed: its format is read, and not written",
          remedy: "convert it first: \(command) model.safetensors"))
    }
    return nil
  }
}

extension ConversionPlan {
  /// The checkpoint that the plan would write.
  fileprivate func outline(_ source: Checkpoint) throws -> Checkpoint {
    let isFolder = source.format == .huggingFace
    var documents = try self.documents.map { document in
      TandemCheckpoints.Document(
        name: String(document.path.dropFirst(output.count + 1)), file: try document.mapped())
    }
    if let index {
      documents.append(
        TandemCheckpoints.Document(name: Paths.name(index.path), file: try index.mapped()))
    }
    return try Checkpoint.outline(
      source.format, path: source.path,
      files: files.map {
        // These formats have no checksums of tensors.
        Checkpoint.OutlineFile(
          name: $0.name, byteCount: $0.byteCount, pieces: $0.layout.frame(checksums: []))
      },
      documents: isFolder ? documents.sorted { $0.name < $1.name } : [])
  }

  /// For each tensor of the plan's checkpoint, its number in the source and what becomes of it.
  fileprivate func origins(
    of outline: Checkpoint
  ) -> [(number: Int, recoding: PayloadRecoding?)] {
    var byName: [ExactText: Tensor] = [:]
    for tensor in tensors { byName[ExactText(tensor.output.name)] = tensor }
    return outline.tensors.compactMap { tensor in
      guard let planned = byName[ExactText(tensor.name)], case .stored(let number) = planned.source
      else { return nil }
      let recoding =
        planned.isCopied ? nil : PayloadRecoding(from: planned.sourceType, to: planned.output)
      return (number, recoding)
    }
  }
}

extension ConversionPlan.Document {
  /// The content as a file.
  fileprivate func mapped() throws(FileError) -> MappedFile {
    switch content {
    case .file(let file): return file
    case .bytes(let bytes): return try MappedFile(copying: bytes.rawSpan, path: path)
    }
  }
}
