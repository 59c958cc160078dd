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

  var queryDim: Int { headCount * headSize }
  var keyValueDim: Int { keyValueHeadCount * headSize }

  /// The architectures that can be run.
  static let architectures = ["llama", "mistral", "qwen2", "qwen3"]

  /// Takes the sizes of a configuration.
  ///
  /// - Throws: ``Finding`` if the model needs something that is not done here.
  init(_ model: ModelConfiguration, in file: String) throws(Finding) {
    guard Self.architectures.contains(model.architecture) else {
      throw Finding(
        EngineRule.unsupportedArchitecture, in: file, item: "config.architecture",
        "is '\(model.architecture)'; models that can be run are "
          + Self.architectures.joined(separator: ", "))
    }
    func refuse(_ what: String, _ allowed: String) -> Finding {
      Finding(
        EngineRule.unsupportedFeature, in: file,
        "the model has \(what), which is not done here; \(allowed)")
    }
    guard model.activation == "silu" else {
      throw refuse("the activation '\(model.activation)'", "'silu' is")
    }
    if model.attentionSoftcap != nil || model.finalSoftcap != nil {
      throw refuse("capped scores or logits", "plain ones are")
    }
    if model.embeddingScale != nil { throw refuse("scaled embeddings", "plain ones are") }
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
  }
}
