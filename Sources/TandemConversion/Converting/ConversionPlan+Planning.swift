public import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors

extension ConversionPlan {
  /// Plans a conversion, and finds everything that stands against it.
  ///
  /// - Parameters:
  ///   - output: The file or folder to write.
  /// - Throws: ``FileError`` if the output exists and may not be replaced, is the source, or has no
  ///   folder.
  /// - Complexity: O(*n* log *n*) in the number of tensors.
  public init(
    _ source: ConversionSource, to output: String, _ options: ConversionOptions
  ) throws(FileError) {
    self.init(laying: source, out: output, options)
    try checkTargets()
    checkSpace()
  }

  /// What an output lacks that engines are to load: nobody notices before one of them does.
  private static func missingConfiguration(
    _ source: ConversionSource, _ wanted: WantedModel, _ options: ConversionOptions
  ) -> Finding? {
    guard options.isTranslating, wanted.translation == nil else { return nil }
    let isMissing =
      switch options.format {
      case .gguf: source.checkpoint.format != .gguf
      case .huggingFace: !source.documents.contains { $0.name == "config.json" }
      default: false
      }
    guard isMissing else { return nil }
    return Finding(
      ConversionRule.noConfiguration, in: source.checkpoint.path,
      "nothing says the model's architecture and sizes, so that engines cannot load the output",
      remedy: "convert a folder with its config.json; --as-is if only the tensors are wanted")
  }

  /// Plans a conversion without a look at the disk.
  ///
  /// - Parameter output: What the file or folder would be called.
  init(laying source: ConversionSource, out output: String, _ options: ConversionOptions) {
    let wanted = WantedModel(source, options)
    var selection = TensorSelection(source.checkpoint, wanted.translation, options)
    selection.decideTypes(wanted.configuration)
    var findings = wanted.findings
    findings.add(contentsOf: selection.findings)
    let shards = ShardPlan(selection.tensors.map(\.output), options, output: output, &findings)
    let metadata = OutputMetadata(
      source.checkpoint, wanted.translation, options, selection.tensors, &findings)
    var tensors: [Tensor] = []
    var files: [File] = []
    for (number, shard) in shards.files.enumerated() {
      let path = shard.path
      let members = shard.tensors.map { selection.tensors[$0] }
      let layout = metadata.layout(
        members.map(\.output), path: path, shard: number, of: shards.files.count,
        tensorCount: selection.tensors.count, &findings)
      if let layout {
        files.append(
          File(path: path, tensors: tensors.count..<tensors.count + members.count, layout: layout))
      }
      tensors += members
    }
    if let finding = source.checkpoint.materialLimitFinding { findings.add(finding) }
    if findings.hasErrors {
      files = []
    } else if let finding = Self.missingConfiguration(source, wanted, options) {
      findings.add(finding)
    }
    self.source = source.checkpoint
    self.options = options
    self.output = output
    self.tensors = tensors
    self.files = files
    documents = shards.documents(of: source, wanted.translation, tensors, &findings)
    index = files.count > 1 && options.format != .gguf ? shards.index(of: tensors, in: files) : nil
    self.findings = findings
  }

  /// Refuses targets that exist and sources as targets.
  private func checkTargets() throws(FileError) {
    let sources = Set(source.files.map(\.file.identity) + source.documents.map(\.file.identity))
    let finished = ConversionState.finishedFiles(of: self)
    // Documents come last: with all files there, those that exist are this conversion's own.
    let isAlmostDone = !files.isEmpty && files.allSatisfy { finished.contains($0.name) }
    let others = isAlmostDone ? [] : otherFiles.map(\.path)
    let stale = StaleFiles(besides: self)
    for path in filesOfPart.map(\.path) + others + stale.paths {
      if let identity = try? FileStatus(path: path).identity, sources.contains(identity) {
        throw FileError(path, "write", reason: "it is the source; choose another name")
      }
    }
    try stale.check(replacing: options.isReplacing)
    for path in filesOfPart.map(\.path) + others {
      if finished.contains(Paths.name(path)) { continue }
      let folder = Paths.folder(path)
      // A folder that is still to be made has no files.
      if options.format == .huggingFace, (try? FileStatus(path: folder)) == nil { continue }
      try OutputFile.check(path, replacing: options.isReplacing)
    }
  }

  /// Notes that the disk has too little room.
  private mutating func checkSpace() {
    guard let first = filesOfPart.first else { return }
    var folder = Paths.folder(first.path)
    while (try? FileStatus(path: folder)) == nil, folder != Paths.folder(folder) {
      folder = Paths.folder(folder)
    }
    guard let available = Paths.availableByteCount(in: folder), available < byteCount else {
      return
    }
    findings.add(
      Finding(
        ConversionRule.diskSpace, in: output,
        "the output takes \(byteCount) bytes, the disk has room for \(available)"))
  }
}
