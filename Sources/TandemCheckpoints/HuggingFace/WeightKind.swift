import TandemBytes
import TandemTensors

/// What kind of files holds the weights of a folder. All files of a model are of one kind: an index
/// of one that names another would have a loader open what it does not expect.
enum WeightKind {
  case safetensors, pytorch

  /// The ending of the files' names, with its dot.
  var suffix: String {
    switch self {
    case .safetensors: ".safetensors"
    case .pytorch: ".bin"
    }
  }

  /// The name of a file with all weights.
  var singleName: String {
    switch self {
    case .safetensors: "model.safetensors"
    case .pytorch: "pytorch_model.bin"
    }
  }

  /// The ending of an index's name.
  var indexSuffix: String { suffix + ".index.json" }

  /// Whether a file holds weights by its name: `.bin` alone may be anything.
  func holdsWeights(_ name: String) -> Bool {
    name.hasSuffix(suffix) && (self == .safetensors || Paths.name(name).hasPrefix("pytorch_model"))
  }

  /// Reads one file of this kind.
  func read(_ file: MappedFile, fileIndex: Int, isLenient: Bool) -> WeightShard {
    switch self {
    case .safetensors:
      WeightShard(SafetensorsShard(file, fileIndex: fileIndex, isLenient: isLenient))
    case .pytorch: WeightShard(PyTorchShard(file, fileIndex: fileIndex, isLenient: isLenient))
    }
  }

  /// What the files of a model say about themselves.
  func metadata(of shards: [WeightShard]) -> CheckpointMetadata {
    switch self {
    case .safetensors: .safetensors(shards.compactMap(\.safetensorsMetadata))
    case .pytorch: .pytorch(shards.compactMap(\.pytorchMetadata))
    }
  }
}

/// One file with weights, as its format's reader found it.
struct WeightShard {
  let headerByteCount: Int
  /// In the order of their bytes; empty if a finding is an error.
  let tensors: [TensorDescriptor]
  /// The places of the tensors' names in the file, in the same order.
  let nameOffsets: [Int]
  let findings: Findings
  let safetensorsMetadata: SafetensorsMetadata?
  let pytorchMetadata: PyTorchMetadata?

  init(_ shard: SafetensorsShard) {
    headerByteCount = shard.headerByteCount
    tensors = shard.tensors
    nameOffsets = shard.nameOffsets
    findings = shard.findings
    safetensorsMetadata = shard.metadata
    pytorchMetadata = nil
  }

  init(_ shard: PyTorchShard) {
    headerByteCount = shard.headerByteCount
    tensors = shard.tensors
    nameOffsets = shard.nameOffsets
    findings = shard.findings
    safetensorsMetadata = nil
    pytorchMetadata = shard.metadata
  }
}
