/// A row of a family's table: a weight, its bias, and their names in both namings.
struct Module: Sendable {
  let role: TensorRole
  /// The name in transformers without prefix and `.weight`, `{}` for the layer's number; nil if it
  /// has none there.
  let huggingFace: String?
  /// The name in GGUF without `.weight`.
  let gguf: String?
  /// Of the weight, outermost first, as a linear layer stores it: (out, in).
  let shape: [Extent]
  let presence: Presence
  let bias: Presence
  let change: GGUFChange
  /// Whether the prefix of the base model (`model.`) stands before the name in transformers.
  let isInBase: Bool
  /// Whether the name in transformers is whole, without `.weight`.
  let isWhole: Bool

  init(
    _ role: TensorRole, _ huggingFace: String?, _ gguf: String?, _ shape: [Extent],
    presence: Presence = .always, bias: Presence = .never, change: GGUFChange = .none,
    isInBase: Bool = true, isWhole: Bool = false
  ) {
    self.role = role
    self.huggingFace = huggingFace
    self.gguf = gguf
    self.shape = shape
    self.presence = presence
    self.bias = bias
    self.change = change
    self.isInBase = isInBase
    self.isWhole = isWhole
  }

  /// A buffer that may lie beside the weights and means nothing.
  static func buffer(_ huggingFace: String) -> Module {
    Module(.buffer, huggingFace, nil, [], presence: .ignored, isWhole: true)
  }

  /// Whether each layer has one.
  var isLayered: Bool { (huggingFace ?? gguf ?? "").contains("{}") }
}

/// What the tables of most families share.
extension [Module] {
  /// The embedding of a decoder.
  static let embedding = [
    Module(.tokenEmbedding, "embed_tokens", "token_embd", [.vocabulary, .hidden]),
    Module(.ropeFactors, nil, "rope_freqs", [.halfRotary], presence: .optional),
    .buffer("rotary_emb.inv_freq"),
  ]

  /// Four projections that are stored one by one.
  static func attention(
    interleaved: Bool = false, bias: Presence, outputBias: Presence, headNorms: Presence = .never,
    normChange: GGUFChange = .none
  ) -> [Module] {
    [
      Module(
        .query, "layers.{}.self_attn.q_proj", "blk.{}.attn_q", [.query, .hidden], bias: bias,
        change: interleaved ? .queryRowsInterleaved : .none),
      Module(
        .queryNorm, "layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm", [.headSize],
        presence: headNorms, change: normChange),
      Module(
        .key, "layers.{}.self_attn.k_proj", "blk.{}.attn_k", [.keyValue, .hidden], bias: bias,
        change: interleaved ? .keyRowsInterleaved : .none),
      Module(
        .keyNorm, "layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm", [.headSize],
        presence: headNorms, change: normChange),
      Module(
        .value, "layers.{}.self_attn.v_proj", "blk.{}.attn_v", [.keyValue, .hidden], bias: bias),
      Module(
        .attentionOutput, "layers.{}.self_attn.o_proj", "blk.{}.attn_output", [.hidden, .query],
        bias: outputBias),
      .buffer("layers.{}.self_attn.rotary_emb.inv_freq"),
    ]
  }

  /// A feed-forward block with a gate.
  static func gatedFeedForward(bias: Presence = .never) -> [Module] {
    [
      Module(
        .gate, "layers.{}.mlp.gate_proj", "blk.{}.ffn_gate", [.feedForward, .hidden], bias: bias),
      Module(.up, "layers.{}.mlp.up_proj", "blk.{}.ffn_up", [.feedForward, .hidden], bias: bias),
      Module(
        .down, "layers.{}.mlp.down_proj", "blk.{}.ffn_down", [.hidden, .feedForward], bias: bias),
    ]
  }

  /// A norm of a layer.
  static func norm(
    _ role: TensorRole, _ huggingFace: String, _ gguf: String, change: GGUFChange = .none
  ) -> [Module] {
    [Module(role, "layers.{}." + huggingFace, "blk.{}." + gguf, [.hidden], change: change)]
  }

  /// The last norm, and the head.
  static func ending(normChange: GGUFChange = .none) -> [Module] {
    [
      Module(.finalNorm, "norm", "output_norm", [.hidden], change: normChange),
      Module(
        .head, "lm_head", "output", [.vocabulary, .hidden], presence: .unlessTied, isInBase: false),
    ]
  }
}
