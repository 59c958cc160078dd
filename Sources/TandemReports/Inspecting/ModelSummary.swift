import TandemBundles
import TandemCheckpoints
import TandemModels
import TandemTensors

/// What is known of a checkpoint, or of a bundle's member, that has tensors.
struct ModelSummary: Sendable {
  /// The member's name and role; nil for a checkpoint.
  let member: BundleMember?
  /// nil if nothing says what the tensors are for.
  let configuration: ModelConfiguration?
  /// In the order of their use.
  let tensors: [TensorEntry]
  let totals: TypeTotals
  /// What the tensors take, each stored one once.
  let storedByteCount: Int
  /// The name of the tensor that is both embedding and output head; nil if there is none.
  let tiedTensor: String?

  init(_ model: Model) {
    let checkpoint = model.checkpoint
    let order = model.tensorMap.map { map in
      FirstUseOrder.indices(checkpoint.tensors.map(\.name), map)
    }
    let isSplit = checkpoint.files.count > 1
    let tensors = (order ?? Array(checkpoint.tensors.indices)).map { index in
      let tensor = checkpoint.tensors[index]
      return TensorEntry(
        name: tensor.name, type: tensor.type, shape: tensor.shape, byteCount: tensor.byteCount,
        offset: tensor.byteRange.lowerBound,
        file: isSplit ? checkpoint.files[tensor.fileIndex].name : nil)
    }
    self.init(
      member: nil, configuration: model.configuration, tensors: tensors,
      storedByteCount: tensors.lazy.map(\.byteCount).total,
      embedding: model.tensorMap?.name(of: .tokenEmbedding))
  }

  /// Summarises a member of a bundle.
  init(_ member: BundleMember, of bundle: BundleSummary) {
    let fields = bundle.bundle.fields(of: member)
    let configuration = try? ModelConfiguration(fields: fields.map { ($0.key, $0.value) })
    let tensors = bundle.tensors(of: member)
    var payloads: Set<Int> = []
    let stored = tensors.filter { $0.payload.map { payloads.insert($0).inserted } ?? true }
    let map = configuration.flatMap { Architecture.named($0.architecture) }.map { architecture in
      let isGGUF = fields["source.format"] == .string(CheckpointFormat.gguf.rawValue)
      return TensorMap(
        architecture, isGGUF ? .gguf : .huggingFace, names: tensors.map(\.name))
    }
    self.init(
      member: member, configuration: configuration, tensors: tensors,
      storedByteCount: stored.lazy.map(\.byteCount).total,
      embedding: map?.name(of: .tokenEmbedding))
  }

  private init(
    member: BundleMember?, configuration: ModelConfiguration?, tensors: [TensorEntry],
    storedByteCount: Int, embedding: String?
  ) {
    self.member = member
    self.configuration = configuration
    self.tensors = tensors
    self.storedByteCount = storedByteCount
    totals = TypeTotals(tensors)
    let isTied = configuration.map { $0.tiesEmbeddings && !$0.isEncoder } ?? false
    tiedTensor = isTied ? embedding : nil
  }

  /// The memory that it takes; nil without a configuration.
  func memoryPlan(_ options: InspectOptions) -> MemoryPlan? {
    configuration.flatMap {
      MemoryPlan(
        $0, weights: storedByteCount, contextLength: options.contextLength,
        batchSize: options.batchSize)
    }
  }
}
