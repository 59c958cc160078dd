/// What a tensor does in a model; a weight and its bias have the same role.
public enum TensorRole: String, Sendable, CaseIterable {
  case tokenEmbedding = "token embedding"
  case positionEmbedding = "position embedding"
  case tokenTypeEmbedding = "token type embedding"
  case embeddingNorm = "embedding norm"
  case ropeFactors = "rotary factors"
  case attentionNorm = "attention norm"
  case query = "query"
  case queryNorm = "query norm"
  case key = "key"
  case keyNorm = "key norm"
  case value = "value"
  case queryKeyValue = "query, key and value"
  case attentionOutput = "attention output"
  case attentionPostNorm = "norm after attention"
  case feedForwardNorm = "feed-forward norm"
  case gate = "feed-forward gate"
  case up = "feed-forward up"
  case gateUp = "feed-forward gate and up"
  case down = "feed-forward down"
  case feedForwardPostNorm = "norm after feed-forward"
  case finalNorm = "final norm"
  case pooler = "pooler"
  case classifier = "classifier"
  case languageModelHead = "language model head"
  case head = "output head"
  case buffer = "buffer"

  /// Whether it scales what passes, around 1.
  public var isNorm: Bool {
    switch self {
    case .embeddingNorm, .attentionNorm, .queryNorm, .keyNorm, .attentionPostNorm,
      .feedForwardNorm, .feedForwardPostNorm, .finalNorm:
      true
    default: false
    }
  }

  /// Whether it belongs to a task that the model may be used without.
  var isTaskPart: Bool { self == .pooler || self == .classifier || self == .languageModelHead }
}

/// How tensors are named.
public enum TensorNaming: Sendable, CaseIterable {
  /// As transformers' modules.
  case huggingFace
  /// As llama.cpp's tensors.
  case gguf
}

/// What a model with a given configuration says about a tensor.
public enum Requirement: Sendable, Hashable {
  case required, optional
  /// May be there and means nothing: a buffer that every engine computes itself.
  case ignored
  /// Has no place in the model.
  case none
}

/// How llama.cpp's converter changes a tensor's values on the way from transformers' to its own.
public enum GGUFChange: Sendable, Hashable {
  case none
  /// Transposed: transformers' `Conv1D` stores (in, out).
  case transposed
  /// Rows of each query head reordered, because llama.cpp rotates neighbours where transformers
  /// rotates halves.
  case queryRowsInterleaved
  /// The same with key–value heads.
  case keyRowsInterleaved
  /// One added: Gemma's norms multiply by 1 + weight.
  case oneAdded
}
