import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemModels
import TandemTensors

/// What is known of a checkpoint, or of a bundle's member, that has tensors.
struct ModelSummary: Sendable {
  /// nil for a checkpoint.
  let member: BundleMember?
  /// nil if nothing says what the tensors are for.
  let configuration: ModelConfiguration?
  /// In the order of their use.
  let tensors: TensorEntries
  let totals: TypeTotals
  /// What the tensors take, each stored one once.
  let storedByteCount: Int
  /// The name of the tensor that is both embedding and output head; nil if there is none.
  let tiedTensor: String?
  /// Whether the embedding, which is the head too, is not among the tensors.
  let tiesAbsentTensor: Bool

  /// Summarises a checkpoint.
  init(_ model: Model) {
    self.init(model, member: nil, payloads: nil)
  }

  /// Summarises a member of a bundle.
  init(_ member: BundleMember, of bundle: TandemBundle) {
    self.init(
      bundle.model(of: member), member: member,
      payloads: member.tensors.map(bundle.payloadIndex(ofTensorAt:)))
  }

  /// - Parameter payloads: For each tensor the payload that holds it; nil if each has bytes of its
  ///   own.
  private init(_ model: Model, member: BundleMember?, payloads: [Int]?) {
    let checkpoint = model.checkpoint
    let order = model.tensorMap.map { map in
      FirstUseOrder.indices(checkpoint.tensors.map(\.name), map)
    }
    tensors = TensorEntries(checkpoint, order: order, payloads: payloads)
    self.member = member
    configuration = model.configuration
    totals = TypeTotals(tensors)
    var seen: Set<Int> = []
    storedByteCount =
      tensors.lazy.filter { $0.payload.map { seen.insert($0).inserted } ?? true }
      .map(\.byteCount).total
    let isTied = configuration.map { $0.tiesEmbeddings && !$0.isEncoder } ?? false
    let embedding = isTied ? model.tensorMap?.name(of: .tokenEmbedding) : nil
    let isStored = checkpoint.tensors.contains { $0.name == embedding }
    tiedTensor = isStored ? embedding : nil
    tiesAbsentTensor = embedding != nil && !isStored
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
