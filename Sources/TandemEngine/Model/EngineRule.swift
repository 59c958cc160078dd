public import TandemBytes

/// Rules for what a bundle's member must be for text to be generated with it.
public enum EngineRule: String, Rule {
  case noDecoder = "EN001"
  case unsupportedArchitecture = "EN002"
  case unsupportedFeature = "EN003"
  case missingTensor = "EN004"
  case wrongShape = "EN005"
  case unsupportedType = "EN006"
  case tooLarge = "EN007"
  case fewerPositions = "EN008"

  public var severity: Severity { .error }

  public var summary: String {
    switch self {
    case .noDecoder: "the bundle has no member with a configuration and tensors of a decoder"
    case .unsupportedArchitecture: "the architecture is none of those that can be run"
    case .unsupportedFeature: "the model needs something that is not done here"
    case .missingTensor: "a tensor is missing without which the model cannot be run"
    case .wrongShape: "a tensor's shape is not the one that the configuration gives it"
    case .unsupportedType: "a tensor's type is none of those that products are made with"
    case .tooLarge: "the memory that the model needs cannot be had"
    case .fewerPositions: "the model has learned fewer positions than are asked for"
    }
  }
}
