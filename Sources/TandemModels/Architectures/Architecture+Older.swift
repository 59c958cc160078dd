/// The two families that are older than rotary positions.
extension Architecture {
  static let gpt2 = Architecture(
    name: "gpt2", prefixes: ["transformer.", ""],
    modules: [
      Module(.tokenEmbedding, "wte", "token_embd", [.vocabulary, .hidden]),
      Module(.positionEmbedding, "wpe", "position_embd", [.context, .hidden]),
      Module(.attentionNorm, "h.{}.ln_1", "blk.{}.attn_norm", [.hidden], bias: .always),
      Module(
        .queryKeyValue, "h.{}.attn.c_attn", "blk.{}.attn_qkv", [.queryKeyValue, .hidden],
        bias: .always, change: .transposed),
      Module(
        .attentionOutput, "h.{}.attn.c_proj", "blk.{}.attn_output", [.hidden, .query],
        bias: .always, change: .transposed),
      .buffer("h.{}.attn.bias"),
      .buffer("h.{}.attn.masked_bias"),
      Module(.feedForwardNorm, "h.{}.ln_2", "blk.{}.ffn_norm", [.hidden], bias: .always),
      Module(
        .up, "h.{}.mlp.c_fc", "blk.{}.ffn_up", [.feedForward, .hidden], bias: .always,
        change: .transposed),
      Module(
        .down, "h.{}.mlp.c_proj", "blk.{}.ffn_down", [.hidden, .feedForward], bias: .always,
        change: .transposed),
      Module(.finalNorm, "ln_f", "output_norm", [.hidden], bias: .always),
      Module(
        .head, "lm_head", "output", [.vocabulary, .hidden], presence: .unlessTied, isInBase: false),
    ])

  static let bert = Architecture(
    name: "bert", prefixes: ["bert.", ""],
    modules: [
      Module(.tokenEmbedding, "embeddings.word_embeddings", "token_embd", [.vocabulary, .hidden]),
      Module(
        .positionEmbedding, "embeddings.position_embeddings", "position_embd", [.context, .hidden]),
      Module(
        .tokenTypeEmbedding, "embeddings.token_type_embeddings", "token_types",
        [.tokenTypes, .hidden]),
      .buffer("embeddings.position_ids"),
      .buffer("embeddings.token_type_ids"),
      Module(
        .embeddingNorm, "embeddings.LayerNorm", "token_embd_norm", [.hidden], bias: .always),
      layer(.query, "attention.self.query", "attn_q", [.query, .hidden]),
      layer(.key, "attention.self.key", "attn_k", [.keyValue, .hidden]),
      layer(.value, "attention.self.value", "attn_v", [.keyValue, .hidden]),
      layer(.attentionOutput, "attention.output.dense", "attn_output", [.hidden, .query]),
      layer(.attentionPostNorm, "attention.output.LayerNorm", "attn_output_norm", [.hidden]),
      layer(.up, "intermediate.dense", "ffn_up", [.feedForward, .hidden]),
      layer(.down, "output.dense", "ffn_down", [.hidden, .feedForward]),
      layer(.feedForwardPostNorm, "output.LayerNorm", "layer_output_norm", [.hidden]),
      optional(.pooler, "pooler.dense", "cls", [.hidden, .hidden], isInBase: true),
      optional(.languageModelHead, "cls.predictions.transform.dense", nil, [.hidden, .hidden]),
      optional(.languageModelHead, "cls.predictions.transform.LayerNorm", nil, [.hidden]),
      optional(.head, "cls.predictions.decoder", nil, [.vocabulary, .hidden]),
      Module(
        .head, "cls.predictions.bias", nil, [.vocabulary], presence: .optional, isInBase: false,
        isWhole: true),
      optional(.classifier, "cls.seq_relationship", nil, [.exactly(2), .hidden]),
      optional(.classifier, "classifier", "cls.output", [.any, .hidden]),
      optional(.classifier, "qa_outputs", nil, [.any, .hidden]),
    ],
    // Files from before PyTorch took them over call a norm's parameters as TensorFlow does.
    oldEndings: (weight: "gamma", bias: "beta"))

  private static func layer(
    _ role: TensorRole, _ huggingFace: String, _ gguf: String, _ shape: [Extent]
  ) -> Module {
    Module(role, "encoder.layer.{}." + huggingFace, "blk.{}." + gguf, shape, bias: .always)
  }

  /// A head that a model for one task has.
  private static func optional(
    _ role: TensorRole, _ huggingFace: String, _ gguf: String?, _ shape: [Extent],
    isInBase: Bool = false
  ) -> Module {
    Module(
      role, huggingFace, gguf, shape, presence: .optional, bias: .optional, isInBase: isInBase)
  }
}
