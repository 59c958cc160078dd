public import TandemBundles
import TandemBytes
import TandemCheckpoints
public import TandemModels
import TandemTensors

/// What a checkpoint or a bundle is and holds.
public struct InspectReport: Report, Sendable {
  let path: String
  /// That of ``CheckpointFormat``, or `tandem`.
  let format: String
  /// The format for a person: `GGUF version 3`.
  let formatName: String
  let files: [File]
  /// nil for a checkpoint.
  let bundle: BundleSummary?
  /// nil for a bundle.
  let statements: CheckpointStatements?
  /// What the files say about themselves; nil unless it is wanted.
  let metadata: MetadataTexts?
  /// The checkpoint, or the bundle's members that have tensors.
  let models: [ModelSummary]
  /// What a PyTorch file holds beside tensors.
  let values: [Value]
  let options: InspectOptions

  /// A file with tensors.
  struct File: Sendable {
    let name: String
    let byteCount: Int
    let tensorCount: Int
  }

  /// Inspects a checkpoint.
  public init(_ model: Model, options: InspectOptions) {
    let checkpoint = model.checkpoint
    var tensorCounts = [Int](repeating: 0, count: checkpoint.files.count)
    for tensor in checkpoint.tensors { tensorCounts[tensor.fileIndex] += 1 }
    path = checkpoint.path
    format = checkpoint.format.rawValue
    formatName = checkpoint.formatName
    files = zip(checkpoint.files, tensorCounts).map {
      File(name: $0.name, byteCount: $0.file.byteCount, tensorCount: $1)
    }
    bundle = nil
    statements = CheckpointStatements(checkpoint.metadata)
    metadata = options.showsMetadata ? MetadataTexts(checkpoint) : nil
    models = [ModelSummary(model)]
    values = Self.values(of: checkpoint)
    self.options = options
  }

  /// Inspects a bundle.
  public init(_ bundle: TandemBundle, options: InspectOptions) {
    let summary = BundleSummary(bundle)
    path = bundle.file.path
    format = "tandem"
    formatName = "tandem bundle version \(BundleLayout.version)"
    files = [
      File(
        name: Paths.name(bundle.file.path), byteCount: bundle.byteCount,
        tensorCount: bundle.tensorCount)
    ]
    self.bundle = summary
    statements = nil
    metadata = nil
    models = summary.members.filter { !$0.tensors.isEmpty }.map { ModelSummary($0, of: bundle) }
    values = []
    self.options = options
  }

  /// The positions that the models allow; nil if no configuration says it.
  public var trainedContextLength: Int? {
    models.compactMap { $0.configuration?.contextLength }.filter { $0 > 0 }.min()
  }

  /// How many tensors are chosen to be listed.
  public var listedTensorCount: Int {
    models.lazy.map { options.selected($0.tensors).count }.total
  }

  var byteCount: Int { files.lazy.map(\.byteCount).total }
}
