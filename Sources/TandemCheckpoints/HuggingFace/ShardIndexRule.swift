public import TandemBytes

/// Rules for shards and the index that names them, `model.safetensors.index.json`.
public enum ShardIndexRule: String, Rule {
  case notIndex = "SH001"
  case emptyMap = "SH002"
  case badMap = "SH003"
  case unsafePath = "SH004"
  case missingShard = "SH005"
  case missingTensor = "SH006"
  case tensorInTwoShards = "SH007"
  case unlistedTensor = "SH008"
  case unlistedShard = "SH009"
  case numbering = "SH010"
  case totalSize = "SH011"
  case indexAndSingleFile = "SH012"
  case otherKind = "SH013"

  public var severity: Severity {
    switch self {
    case .unlistedTensor, .unlistedShard, .numbering, .totalSize, .indexAndSingleFile: .warning
    default: .error
    }
  }

  public var summary: String {
    switch self {
    case .notIndex: "the index is no JSON object with a weight_map object"
    case .emptyMap: "the index names no tensor"
    case .badMap: "a value of weight_map is no string, or a key stands twice in the index"
    case .unsafePath: "the path of a file could lead, or leads, out of the folder"
    case .missingShard: "a shard that the index names is missing"
    case .missingTensor: "a tensor is not in the shard that the index names"
    case .tensorInTwoShards: "a tensor stands in two shards"
    case .unlistedTensor: "a tensor of a shard is not in the index"
    case .unlistedShard: "a file of the shards' kind is not in the index"
    case .numbering: "the numbers in the shards' names have gaps or other totals"
    case .totalSize: "metadata.total_size is not the sum of the tensors' bytes"
    case .indexAndSingleFile: "a single file stands beside the index, which wins"
    case .otherKind: "a shard is of another kind than its index, by its name"
    }
  }
}
