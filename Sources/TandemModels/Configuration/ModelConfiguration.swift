/// What an engine must know about a model beside its tensors, the same whatever format it came
/// from.
///
/// Floating-point values are those that binary32 has, because GGUF stores no others: each is the
/// double nearest to the shortest decimal number that gives the same binary32, so that 1e-05 is
/// equal from either format.
public struct ModelConfiguration: Hashable, Sendable {
  /// The name of an ``Architecture``, or what the source calls an unknown one.
  public var architecture: String
  /// The width of the residual stream.
  public var hiddenSize: Int
  public var layerCount: Int
  /// The width between the feed-forward block's matrices.
  public var feedForwardSize: Int
  /// The number of query heads.
  public var headCount: Int
  /// The number of key and value heads; equal to ``headCount`` where each query head has its own.
  public var keyValueHeadCount: Int
  /// The width of a head.
  public var headSize: Int
  /// The number of token ids, padding included: the rows that the embedding should have.
  public var vocabularySize: Int
  /// The largest number of positions.
  public var contextLength: Int

  /// What is added to a variance or mean square before its root is taken.
  public var normEpsilon: Double
  /// The activation function's name in transformers, such as `silu`.
  public var activation: String
  /// Whether the embedding is the output head too.
  public var tiesEmbeddings = false
  /// Whether query, key and value projections have biases.
  public var hasAttentionBias = false
  /// Whether the attention's output projection has a bias.
  public var hasAttentionOutputBias = false
  /// Whether the feed-forward block's matrices have biases.
  public var hasFeedForwardBias = false
  /// Whether each head's queries and keys pass a norm.
  public var hasQueryKeyNorm = false
  /// What queries times keys are multiplied by.
  public var attentionScale: Double

  /// The base of the rotary angles; nil without rotary positions.
  public var ropeBase: Double?
  /// The base in layers with a sliding window, where it differs.
  public var slidingRopeBase: Double?
  /// How many of a head's elements are rotated; nil without rotary positions.
  public var ropeDimensionCount: Int?
  public var ropeScaling: RopeScaling?
  /// How many positions back a layer with a sliding window sees, itself included.
  public var slidingWindow: Int?
  /// The layers with a sliding window, from 0; empty without one.
  public var slidingLayers: [Int] = []

  /// Attention scores x become cap · tanh(x / cap).
  public var attentionSoftcap: Double?
  /// The same for logits.
  public var finalSoftcap: Double?
  /// What embeddings are multiplied by.
  public var embeddingScale: Double?
  /// The number of segment embeddings, of encoders that have them.
  public var tokenTypeCount: Int?

  public var bosTokenID: Int?
  /// The tokens that end a text; several in some chat models.
  public var eosTokenIDs: [Int] = []
  public var padTokenID: Int?
  public var unknownTokenID: Int?

  /// The name of the element type that most of the tensor data have, such as `BF16`.
  ///
  /// About the source, not about the model: a quantised copy differs in nothing else.
  public var storedType: String?

  /// A configuration with plain multi-head attention and nothing special.
  public init(
    architecture: String, hiddenSize: Int, layerCount: Int, feedForwardSize: Int, headCount: Int,
    vocabularySize: Int, contextLength: Int, normEpsilon: Double, activation: String
  ) {
    self.architecture = architecture
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.feedForwardSize = feedForwardSize
    self.headCount = headCount
    self.keyValueHeadCount = headCount
    self.headSize = headCount > 0 ? hiddenSize / headCount : 0
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.normEpsilon = normEpsilon
    self.activation = activation
    self.attentionScale = Self.attentionScale(forWidth: headSize)
  }

  /// The usual attention scale: one over the root of a width.
  static func attentionScale(forWidth width: Int) -> Double {
    width > 0 ? (1 / Double(width).squareRoot()).roundedToSingle : 1
  }
}

extension ModelConfiguration {
  /// The width of all query heads together.
  public var querySize: Int { headCount * headSize }

  /// The width of all key, or value, heads together.
  public var keyValueSize: Int { keyValueHeadCount * headSize }
}

/// How rotary positions are stretched beyond the context that a model was first trained with.
public struct RopeScaling: Hashable, Sendable {
  /// `linear`, `dynamic`, `yarn`, `llama3`, `longrope`, or `frequency_factors` if the model stores
  /// a factor for each frequency as a tensor and says no more.
  public var type: String
  /// How much longer the context is than the original one.
  public var factor: Double?
  /// The context that the model was first trained with.
  public var originalContextLength: Int?
  /// Further numbers under their names in transformers, such as `low_freq_factor`.
  public var numbers: [String: Double] = [:]
  /// Further lists under their names in transformers: `long_factor` and `short_factor`.
  public var lists: [String: [Double]] = [:]

  public init(type: String, factor: Double? = nil, originalContextLength: Int? = nil) {
    self.type = type
    self.factor = factor
    self.originalContextLength = originalContextLength
  }
}

extension Double {
  /// The double nearest to the shortest decimal number that gives the same binary32.
  var roundedToSingle: Double { Double(Float(self).description) ?? self }
}
