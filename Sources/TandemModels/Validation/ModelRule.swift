public import TandemBytes

/// Rules for what a checkpoint means as a model.
public enum ModelRule: String, Rule {
  case unknownArchitecture = "MD001"
  case missingKey = "MD002"
  case badMetadata = "MD003"
  case missingTensor = "MD004"
  case unexpectedTensor = "MD005"
  case wrongShape = "MD006"
  case layerBeyondCount = "MD007"
  case redundantHead = "MD008"
  case differingHead = "MD009"
  case missingHead = "MD010"
  case missingRows = "MD011"
  case extraRows = "MD012"
  case headGeometry = "MD013"
  case contextWithoutScaling = "MD014"
  case mixedTypes = "MD015"
  case otherStatedType = "MD016"
  case integerWeights = "MD017"
  case quantisedByMethod = "MD018"
  case otherParts = "MD019"
  case noConfiguration = "MD020"

  public var severity: Severity {
    switch self {
    case .missingKey, .badMetadata, .missingTensor, .wrongShape, .missingHead, .missingRows,
      .headGeometry:
      .error
    case .unexpectedTensor, .layerBeyondCount, .differingHead, .extraRows, .contextWithoutScaling,
      .integerWeights:
      .warning
    case .unknownArchitecture, .redundantHead, .mixedTypes, .otherStatedType, .quantisedByMethod,
      .otherParts, .noConfiguration:
      .note
    }
  }

  public var summary: String {
    switch self {
    case .unknownArchitecture: "the architecture is not known, so that only the format is checked"
    case .missingKey: "the configuration lacks a key that a model cannot be described without"
    case .badMetadata: "a value in GGUF metadata has another type than it needs, or is out of range"
    case .missingTensor: "a tensor that the architecture has is missing"
    case .unexpectedTensor: "a tensor has a name that the architecture does not have"
    case .wrongShape: "a tensor's shape is not the one that the configuration gives it"
    case .layerBeyondCount: "there are tensors of layers beyond the configuration's layer count"
    case .redundantHead: "the output head is stored, though it is the embedding, and is equal to it"
    case .differingHead:
      "the output head is stored, differs from the embedding, and is said to be it"
    case .missingHead: "the output head is missing, and the embedding is not said to stand for it"
    case .missingRows: "an embedding or head has fewer rows than there are token ids"
    case .extraRows: "an embedding or head has more rows than there are token ids"
    case .headGeometry: "the numbers of attention heads and their size do not fit together"
    case .contextWithoutScaling: "the context is longer than rotary positions were trained for"
    case .mixedTypes: "tensors of one kind have different element types in different layers"
    case .otherStatedType: "config.json names another element type than the tensors have"
    case .integerWeights: "a weight is stored as integers without scales"
    case .quantisedByMethod: "the weights are quantised by a method whose tensors are not checked"
    case .noConfiguration: "a GGUF file names an architecture and says nothing else of the model"
    case .otherParts: "the checkpoint has parts beside the language model, which are not checked"
    }
  }
}
