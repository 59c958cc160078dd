/// A dimension of a tensor in terms of the configuration.
enum Extent: Sendable {
  case hidden, query, keyValue, queryKeyValue, feedForward, twoFeedForward
  case vocabulary, context, tokenTypes, headSize, halfRotary
  case exactly(Int)
  /// Whatever the tensor has.
  case any

  /// The number, nil if any is allowed.
  func size(_ model: ModelConfiguration) -> Int? {
    switch self {
    case .hidden: model.hiddenSize
    case .query: model.querySize
    case .keyValue: model.keyValueSize
    case .queryKeyValue: model.querySize + 2 * model.keyValueSize
    case .feedForward: model.feedForwardSize
    case .twoFeedForward: 2 * model.feedForwardSize
    // A GGUF file may lack all that tells it.
    case .vocabulary: model.vocabularySize > 0 ? model.vocabularySize : nil
    case .context: model.contextLength
    case .tokenTypes: model.tokenTypeCount
    case .headSize: model.headSize
    case .halfRotary: model.ropeDimensionCount.map { $0 / 2 }
    case .exactly(let size): size
    case .any: nil
    }
  }

  /// What the dimension is, for a person.
  var phrase: String {
    switch self {
    case .hidden: "hidden size"
    case .query: "heads × head size"
    case .keyValue: "key–value heads × head size"
    case .queryKeyValue: "(heads + 2 × key–value heads) × head size"
    case .feedForward: "feed-forward size"
    case .twoFeedForward: "2 × feed-forward size"
    case .vocabulary: "vocabulary size"
    case .context: "context length"
    case .tokenTypes: "token types"
    case .headSize: "head size"
    case .halfRotary: "half the rotary dimensions"
    case .exactly(let size): "\(size)"
    case .any: "any"
    }
  }
}

/// Whether the models of a family have a tensor.
enum Presence: Sendable {
  case always, never
  /// If the configuration says so.
  case attentionBias, attentionOutputBias, feedForwardBias, queryKeyNorm
  /// Required unless the embedding is the head too; then still allowed.
  case unlessTied
  /// A part that some models of the family have and others have not.
  case optional
  case ignored

  func requirement(_ model: ModelConfiguration) -> Requirement {
    switch self {
    case .always: .required
    case .never: .none
    case .attentionBias: model.hasAttentionBias ? .required : .none
    case .attentionOutputBias: model.hasAttentionOutputBias ? .required : .none
    case .feedForwardBias: model.hasFeedForwardBias ? .required : .none
    case .queryKeyNorm: model.hasQueryKeyNorm ? .required : .none
    case .unlessTied: model.tiesEmbeddings ? .optional : .required
    case .optional: .optional
    case .ignored: .ignored
    }
  }
}
