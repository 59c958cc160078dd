public import TandemBytes
public import TandemCheckpoints
public import TandemModels
public import TandemTensors

/// Everything that a conversion will do, before a byte is written: O(tensors), no tensor is read.
public struct ConversionPlan: Sendable {
  /// A tensor of the output, and the one that it is made from.
  public struct Tensor: Sendable {
    public let source: TranslatedTensor.Source
    /// Empty for numbers that the source's configuration states.
    public let sourceName: String
    public let sourceType: ElementType
    public let sourceShape: Shape
    /// What is done to the elements before their type changes.
    public let change: TensorChange
    public let output: OutputTensor

    /// Whether its bytes are taken as they are.
    public var isCopied: Bool { sourceType == output.type && change == .none }
  }

  /// A file with tensors.
  public struct File: Sendable {
    public let path: String
    /// Indices in ``ConversionPlan/tensors``, in the order of the layout's places.
    public let tensors: Range<Int>
    let layout: any TensorFileLayout

    public var byteCount: Int { layout.byteCount }
    public var name: String { Paths.name(path) }
  }

  /// A file without tensors.
  public struct Document: Sendable {
    public let path: String
    let content: ConversionSource.Document.Content
    public let byteCount: Int
  }

  public internal(set) var source: Checkpoint
  public let options: ConversionOptions
  /// The file or folder that is written, as the user named it.
  public let output: String
  /// All that stands against the conversion, or is worth knowing.
  public internal(set) var findings: Findings
  /// In the order of the files and, within each, of the layout.
  public let tensors: [Tensor]
  /// Empty if a finding is an error.
  public let files: [File]
  public let documents: [Document]
  /// The index of the files, written last; nil for a single file.
  public let index: Document?

  /// The bytes of all files that this run writes.
  public var byteCount: Int {
    filesOfPart.reduce(0) { $0 + $1.byteCount } + otherFiles.reduce(0) { $0 + $1.byteCount }
  }

  /// The bytes of the tensors of the files that this run writes.
  public var tensorByteCount: Int {
    filesOfPart.reduce(0) { sum, file in
      file.tensors.reduce(sum) { $0 + tensors[$1].output.byteCount }
    }
  }

  /// How many files are written at a time: while one is forced to the disk, the next is made.
  var concurrentFileCount: Int { min(files.count, 2) }

  /// The files with tensors that this run writes.
  public var filesOfPart: ArraySlice<File> { files[options.part.files(of: files.count)] }

  /// The plan over the same tensors, all of them in place.
  ///
  /// - Throws: ``Finding`` if a tensor that is compressed, strided or big-endian cannot be put in
  ///   place.
  func materialised() throws(Finding) -> ConversionPlan {
    var plan = self
    plan.source = try source.materialised()
    return plan
  }

  /// Whether files at the output's paths may be replaced: those that an earlier run of several
  /// files has left, too; others have been refused.
  var mayReplace: Bool { options.isReplacing || files.count > 1 }

  /// Documents and index, if this run writes them.
  public var otherFiles: [Document] {
    options.part.count == 1 ? documents + (index.map { [$0] } ?? []) : []
  }
}
