/// A property's names in `config.json` and in GGUF metadata.
///
/// The one table of them: both readers look a property up under these names, and translation writes
/// it under them.
struct SourceKey: Sendable {
  /// The names in transformers; the first that is there counts.
  let huggingFace: [String]
  /// The names in GGUF behind the architecture's prefix, or `tokenizer.ggml.` for tokens.
  let gguf: [String]

  init(_ huggingFace: String..., gguf: String...) {
    self.huggingFace = huggingFace
    self.gguf = gguf
  }

  func names(_ naming: TensorNaming) -> [String] { naming == .gguf ? gguf : huggingFace }

  /// The name under which a family's models have the property.
  func name(_ naming: TensorNaming, in family: Family) -> String {
    let names = names(naming)
    return names.first { family.ownNames.contains($0) } ?? names[0]
  }
}

extension SourceKey {
  static let hiddenSize = SourceKey("hidden_size", "n_embd", gguf: "embedding_length")
  static let layerCount = SourceKey("num_hidden_layers", "n_layer", gguf: "block_count")
  static let headCount = SourceKey("num_attention_heads", "n_head", gguf: "attention.head_count")
  static let keyValueHeadCount = SourceKey("num_key_value_heads", gguf: "attention.head_count_kv")
  static let headSize = SourceKey("head_dim", gguf: "attention.key_length")
  static let feedForwardSize = SourceKey(
    "intermediate_size", "n_inner", gguf: "feed_forward_length")
  static let contextLength = SourceKey(
    "max_position_embeddings", "n_positions", "n_ctx", gguf: "context_length")
  static let vocabularySize = SourceKey("vocab_size", gguf: "vocab_size")
  static let normEpsilon = SourceKey(
    "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon",
    gguf: "attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon")
  static let attentionSoftcap = SourceKey(
    "attn_logit_softcapping", gguf: "attn_logit_softcapping")
  static let finalSoftcap = SourceKey("final_logit_softcapping", gguf: "final_logit_softcapping")
  static let slidingWindow = SourceKey("sliding_window", gguf: "attention.sliding_window")
  static let slidingPattern = SourceKey(
    "sliding_window_pattern", "_sliding_window_pattern", gguf: "attention.sliding_window_pattern")
  static let ropeBase = SourceKey("rope_theta", gguf: "rope.freq_base")
  static let slidingRopeBase = SourceKey("rope_local_base_freq", gguf: "rope.freq_base_swa")
  static let originalContextLength = SourceKey(
    "original_max_position_embeddings", gguf: "rope.scaling.original_context_length")
  static let bosTokenID = SourceKey("bos_token_id", gguf: "bos_token_id")
  static let eosTokenID = SourceKey("eos_token_id", gguf: "eos_token_id")
  static let padTokenID = SourceKey("pad_token_id", gguf: "padding_token_id")

  static let ropeType = SourceKey("rope_type", "type", gguf: "rope.scaling.type")
  static let ropeFactor = SourceKey("factor", gguf: "rope.scaling.factor", "rope.scale_linear")

  /// Names that only config.json has.
  static let modelType = SourceKey("model_type")
  static let classNames = SourceKey("architectures")
  static let storedType = SourceKey("dtype", "torch_dtype")
  static let activation = SourceKey("hidden_activation", "hidden_act", "activation_function")
  static let tiesEmbeddings = SourceKey("tie_word_embeddings")
  static let attentionBias = SourceKey("attention_bias")
  static let feedForwardBias = SourceKey("mlp_bias")
  static let queryScalar = SourceKey("query_pre_attn_scalar")
  static let tokenTypeCount = SourceKey("type_vocab_size")
  static let maximumWindowLayers = SourceKey("max_window_layers")
  static let usesSlidingWindow = SourceKey("use_sliding_window")
  static let layerKinds = SourceKey("layer_types")
  static let partialRotary = SourceKey("partial_rotary_factor")

  /// Names that only GGUF has.
  static let ggufArchitecture = SourceKey(gguf: "general.architecture")
  static let valueSize = SourceKey(gguf: "attention.value_length")
  static let ropeDimensionCount = SourceKey(gguf: "rope.dimension_count")
  static let attentionScale = SourceKey(gguf: "attention.scale")
  static let isCausal = SourceKey(gguf: "attention.causal")
  static let unknownTokenID = SourceKey(gguf: "unknown_token_id")
}

extension RopeScaling {
  /// The numbers of scaling beside factor and original context: the names in transformers, and in
  /// GGUF those that it has.
  static let numberKeys = [
    SourceKey("attention_factor", gguf: "rope.scaling.attn_factor"),
    SourceKey("beta_fast", gguf: "rope.scaling.yarn_beta_fast"),
    SourceKey("beta_slow", gguf: "rope.scaling.yarn_beta_slow"),
    SourceKey("low_freq_factor"), SourceKey("high_freq_factor"), SourceKey("mscale"),
    SourceKey("mscale_all_dim"),
  ]

  /// The tensor in which GGUF has the factors of the kind `llama3`.
  static let factorTensor = "rope_freqs.weight"

  /// The lists, and the tensors that GGUF has for them.
  static let listKeys = [
    SourceKey("long_factor", gguf: "rope_factors_long.weight"),
    SourceKey("short_factor", gguf: "rope_factors_short.weight"),
  ]
}
