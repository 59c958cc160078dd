/// A family of models: which tensors it has, under which names, in which shapes and in which order
/// they are used.
public struct Architecture: Sendable {
  /// The name in transformers' `model_type`, such as `llama`; `gemma3` for its text model too.
  public let name: String
  /// What may stand before the names of the base model in transformers; the first is the usual one.
  let prefixes: [String]
  /// The table, in the order in which a forward pass uses the tensors; those of layers are used
  /// layer by layer.
  let modules: [Module]
  /// The endings of norms' weights and biases in transformers, where old files have others.
  var oldEndings: (weight: String, bias: String)?

  /// The architecture with a name, nil if it is not known.
  public static func named(_ name: String) -> Architecture? { all.first { $0.name == name } }

  /// All known architectures.
  public static let all: [Architecture] = [
    llama, mistral, qwen2, qwen3, gemma2, gemma3, phi3, gpt2, bert,
  ]
}

/// The decoders with rotary positions.
extension Architecture {
  private static let decoderPrefixes = ["model.", ""]

  static let llama = Architecture(
    name: "llama", prefixes: decoderPrefixes,
    modules: .embedding
      + .norm(.attentionNorm, "input_layernorm", "attn_norm")
      + .attention(
        interleaved: true, bias: .attentionBias, outputBias: .attentionOutputBias)
      + .norm(.feedForwardNorm, "post_attention_layernorm", "ffn_norm")
      + .gatedFeedForward(bias: .feedForwardBias)
      + .ending())

  static let mistral = Architecture(
    name: "mistral", prefixes: decoderPrefixes, modules: llama.modules)

  static let qwen2 = Architecture(
    name: "qwen2", prefixes: decoderPrefixes,
    modules: .embedding
      + .norm(.attentionNorm, "input_layernorm", "attn_norm")
      + .attention(bias: .attentionBias, outputBias: .never)
      + .norm(.feedForwardNorm, "post_attention_layernorm", "ffn_norm")
      + .gatedFeedForward()
      + .ending())

  static let qwen3 = Architecture(
    name: "qwen3", prefixes: decoderPrefixes,
    modules: .embedding
      + .norm(.attentionNorm, "input_layernorm", "attn_norm")
      + .attention(
        bias: .attentionBias, outputBias: .attentionOutputBias, headNorms: .queryKeyNorm)
      + .norm(.feedForwardNorm, "post_attention_layernorm", "ffn_norm")
      + .gatedFeedForward()
      + .ending())

  static let gemma2 = Architecture(
    name: "gemma2", prefixes: decoderPrefixes,
    modules: .embedding
      + .norm(.attentionNorm, "input_layernorm", "attn_norm", change: .oneAdded)
      + .attention(bias: .attentionBias, outputBias: .attentionOutputBias)
      + .gemmaNormsAndFeedForward
      + .ending(normChange: .oneAdded))

  static let gemma3 = Architecture(
    name: "gemma3",
    prefixes: decoderPrefixes + ["language_model.model.", "model.language_model."],
    modules: .embedding
      + .norm(.attentionNorm, "input_layernorm", "attn_norm", change: .oneAdded)
      + .attention(
        bias: .attentionBias, outputBias: .attentionOutputBias, headNorms: .queryKeyNorm,
        normChange: .oneAdded)
      + .gemmaNormsAndFeedForward
      + .ending(normChange: .oneAdded))

  static let phi3 = Architecture(
    name: "phi3", prefixes: decoderPrefixes,
    modules: .embedding
      + [
        Module(.ropeFactors, nil, "rope_factors_long", [.halfRotary], presence: .optional),
        Module(.ropeFactors, nil, "rope_factors_short", [.halfRotary], presence: .optional),
      ]
      + .norm(.attentionNorm, "input_layernorm", "attn_norm")
      + [
        Module(
          .queryKeyValue, "layers.{}.self_attn.qkv_proj", "blk.{}.attn_qkv",
          [.queryKeyValue, .hidden]),
        Module(
          .attentionOutput, "layers.{}.self_attn.o_proj", "blk.{}.attn_output", [.hidden, .query]),
        .buffer("layers.{}.self_attn.rotary_emb.inv_freq"),
      ]
      + .norm(.feedForwardNorm, "post_attention_layernorm", "ffn_norm")
      + [
        Module(
          .gateUp, "layers.{}.mlp.gate_up_proj", "blk.{}.ffn_up", [.twoFeedForward, .hidden]),
        Module(.down, "layers.{}.mlp.down_proj", "blk.{}.ffn_down", [.hidden, .feedForward]),
      ]
      + .ending())
}

extension [Module] {
  /// What Gemma has after attention: a norm behind each half of a layer beside the one before it.
  fileprivate static let gemmaNormsAndFeedForward: [Module] =
    .norm(
      .attentionPostNorm, "post_attention_layernorm", "post_attention_norm", change: .oneAdded)
    + .norm(.feedForwardNorm, "pre_feedforward_layernorm", "ffn_norm", change: .oneAdded)
    + .gatedFeedForward()
    + .norm(
      .feedForwardPostNorm, "post_feedforward_layernorm", "post_ffw_norm", change: .oneAdded)
}
