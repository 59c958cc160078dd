import TandemBytes
import TandemKernels
import TandemModels

/// The sizes and constants of a decoder.
struct DecoderShape: Sendable {
  /// Width of the residual stream.
  let dim: Int
  let layerCount: Int
  let headCount: Int
  /// Heads of keys and values; each serves as many query heads as fit.
  let keyValueHeadCount: Int
  let headSize: Int
  /// Width between the feed-forward block's matrices.
  let hiddenDim: Int
  /// The positions that the model was made for.
  let contextLength: Int
  let epsilon: Float
  /// What products of queries and keys are multiplied by.
  let attentionScale: Float
  /// The positions that a layer's tokens see, themselves included; nil for all.
  let windows: [Int?]
  /// What the feed-forward block's gate passes through, or its only half.
  let activation: Activation
  /// What embeddings are multiplied by.
  let embeddingScale: Float?
  /// Attention scores x become cap · tanh(x / cap).
  let attentionSoftcap: Float?
  /// The same for logits.
  let finalSoftcap: Float?

  /// An activation function.
  enum Activation: Sendable {
    case silu
    /// GELU, approximated with tanh.
    case gelu

    /// - Parameter name: That of transformers.
    fileprivate init?(_ name: String) {
      switch name {
      case "silu", "swish": self = .silu
      case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": self = .gelu
      default: return nil
      }
    }
  }

  var queryDim: Int { headCount * headSize }
  var keyValueDim: Int { keyValueHeadCount * headSize }

  /// Takes the sizes of a configuration.
  ///
  /// - Parameter hasGate: Whether the feed-forward blocks have gates.
  /// - Throws: ``Finding`` if the model needs something that is not done here.
  init(
    _ model: ModelConfiguration, hasGate: Bool, in file: String
  ) throws(Finding) {
    func refuse(_ what: String, _ allowed: String) -> Finding {
      Finding(
        EngineRule.unsupportedFeature, in: file,
        "the model has \(what), which is not done here; \(allowed)")
    }
    guard let activation = Activation(model.activation), activation == .gelu || hasGate else {
      throw refuse(
        "the activation '\(model.activation)'",
        "GELU's approximation with tanh is, and 'silu' with a gate")
    }
    guard model.headSize <= KeyValueCache.maximumHeadSize else {
      throw refuse(
        "heads of \(model.headSize) elements", "up to \(KeyValueCache.maximumHeadSize) are")
    }
    guard model.headCount % model.keyValueHeadCount == 0 else {
      throw refuse(
        "\(model.headCount) query heads for \(model.keyValueHeadCount) key-value heads",
        "a multiple is")
    }
    dim = model.hiddenSize
    layerCount = model.layerCount
    headCount = model.headCount
    keyValueHeadCount = model.keyValueHeadCount
    headSize = model.headSize
    hiddenDim = model.feedForwardSize
    contextLength = model.contextLength
    epsilon = Float(model.normEpsilon)
    attentionScale = Float(model.attentionScale)
    let sliding = Set(model.slidingLayers)
    windows = (0..<model.layerCount).map { sliding.contains($0) ? model.slidingWindow : nil }
    self.activation = activation
    embeddingScale = model.embeddingScale.map { Float($0) }
    attentionSoftcap = model.attentionSoftcap.map { Float($0) }
    finalSoftcap = model.finalSoftcap.map { Float($0) }
  }
}
