/// What transformers and llama.cpp take for granted about the models of a family.
///
/// A table of facts: the defaults are those of transformers' configuration classes for keys that
/// are not there.
struct Family: Sendable {
  /// Which projections have biases.
  enum Biases { case none, asConfigured, queryKeyValue, all }
  /// Which layers have a sliding window, if there is one.
  enum Sliding {
    case allLayers
    /// Each but every n-th.
    case allButEvery(Int)
    /// Those from `max_window_layers` on.
    case upperLayers
  }

  let name: String
  /// The values of `model_type` in config.json.
  let modelTypes: [String]
  /// What its class names begin with, for folders without `model_type`.
  let classPrefix: String
  /// The id in GGUF, which also begins the keys.
  let ggufName: String
  /// The class of the models that translation writes; nil for `…ForCausalLM`.
  var className: String? = nil
  /// The names that the family uses for properties that have several.
  var ownNames: Set<String> = ["hidden_act"]
  var contextLength: Int
  var normEpsilon = 1e-6
  var activation = "silu"
  var tiesEmbeddings = false
  var headSize: Int? = nil
  var keyValueHeadCount: Int? = nil
  var biases = Biases.none
  var hasQueryKeyNorm = false
  var hasRotaryPositions = true
  var ropeBase = 10_000.0
  var slidingRopeBase: Double? = nil
  /// The window that the family has if the configuration does not say null.
  var slidingWindow: Int? = nil
  var sliding = Sliding.allLayers
  var attentionSoftcap: Double? = nil
  var finalSoftcap: Double? = nil
  /// The default of `query_pre_attn_scalar`, the width whose root divides attention scores.
  var queryScalar: Int? = nil
  /// The number of layers of those models in which that width is hidden size over heads, which GGUF
  /// does not say.
  var layerCountWithWideQueries: Int? = nil
  /// Whether embeddings are multiplied by the root of the hidden size.
  var scalesEmbeddings = false
  var tokenTypeCount: Int? = nil
  var bosTokenID: Int? = nil
  var eosTokenID: Int? = nil
  var padTokenID: Int? = nil

  static let all: [Family] = [
    Family(
      name: "llama", modelTypes: ["llama"], classPrefix: "Llama", ggufName: "llama",
      contextLength: 2048, biases: .asConfigured, bosTokenID: 1, eosTokenID: 2),
    Family(
      name: "mistral", modelTypes: ["mistral"], classPrefix: "Mistral", ggufName: "llama",
      contextLength: 131_072, keyValueHeadCount: 8, slidingWindow: 4096, bosTokenID: 1,
      eosTokenID: 2),
    Family(
      name: "qwen2", modelTypes: ["qwen2"], classPrefix: "Qwen2", ggufName: "qwen2",
      contextLength: 32_768, keyValueHeadCount: 32, biases: .queryKeyValue, slidingWindow: 4096,
      sliding: .upperLayers),
    Family(
      name: "qwen3", modelTypes: ["qwen3"], classPrefix: "Qwen3", ggufName: "qwen3",
      contextLength: 32_768, headSize: 128, keyValueHeadCount: 32, biases: .asConfigured,
      hasQueryKeyNorm: true, slidingWindow: 4096, sliding: .upperLayers),
    Family(
      name: "gemma2", modelTypes: ["gemma2"], classPrefix: "Gemma2", ggufName: "gemma2",
      ownNames: ["hidden_activation"], contextLength: 8192, activation: "gelu_pytorch_tanh",
      tiesEmbeddings: true, headSize: 256,
      keyValueHeadCount: 4, biases: .asConfigured, slidingWindow: 4096, sliding: .allButEvery(2),
      attentionSoftcap: 50, finalSoftcap: 30, queryScalar: 256, layerCountWithWideQueries: 46,
      scalesEmbeddings: true, bosTokenID: 2, eosTokenID: 1, padTokenID: 0),
    Family(
      name: "gemma3", modelTypes: ["gemma3_text", "gemma3"], classPrefix: "Gemma3",
      ggufName: "gemma3", ownNames: ["hidden_activation"], contextLength: 131_072,
      activation: "gelu_pytorch_tanh",
      tiesEmbeddings: true, headSize: 256, keyValueHeadCount: 4, biases: .asConfigured,
      hasQueryKeyNorm: true, ropeBase: 1_000_000, slidingRopeBase: 10_000, slidingWindow: 4096,
      sliding: .allButEvery(6), queryScalar: 256, layerCountWithWideQueries: 62,
      scalesEmbeddings: true, bosTokenID: 2, eosTokenID: 1, padTokenID: 0),
    Family(
      name: "phi3", modelTypes: ["phi3"], classPrefix: "Phi3", ggufName: "phi3",
      contextLength: 4096, normEpsilon: 1e-5, bosTokenID: 1, eosTokenID: 32_000,
      padTokenID: 32_000),
    Family(
      name: "gpt2", modelTypes: ["gpt2"], classPrefix: "GPT2", ggufName: "gpt2",
      className: "GPT2LMHeadModel",
      ownNames: [
        "n_embd", "n_layer", "n_head", "n_inner", "n_positions", "activation_function",
        "layer_norm_epsilon", "attention.layer_norm_epsilon",
      ],
      contextLength: 1024, normEpsilon: 1e-5, activation: "gelu_new", tiesEmbeddings: true,
      biases: .all, hasRotaryPositions: false, bosTokenID: 50_256, eosTokenID: 50_256),
    Family(
      name: "bert", modelTypes: ["bert"], classPrefix: "Bert", ggufName: "bert",
      className: "BertModel",
      ownNames: ["hidden_act", "layer_norm_eps", "attention.layer_norm_epsilon"],
      contextLength: 512, normEpsilon: 1e-12, activation: "gelu", tiesEmbeddings: true,
      biases: .all, hasRotaryPositions: false, tokenTypeCount: 2, padTokenID: 0),
  ]

  /// What holds for a model of no known family: nothing but what most have.
  static let unknown = Family(
    name: "", modelTypes: [], classPrefix: "", ggufName: "", contextLength: 2048,
    biases: .asConfigured)

  /// The family of a `model_type`.
  static func of(modelType: String) -> Family? {
    all.first { $0.modelTypes.contains(modelType) }
  }

  /// The family of a class name such as `Qwen2ForCausalLM`: the longest prefix that is followed by
  /// another word.
  static func of(className: String) -> Family? {
    all.first { family in
      guard let rest = className.dropping(prefix: family.classPrefix) else { return false }
      return ["For", "Model", "LMHead", "Text"].contains { rest.hasPrefix($0) }
    }
  }

  /// The family of an id in GGUF; llama stands for mistral too.
  static func of(ggufName: String) -> Family? { all.first { $0.ggufName == ggufName } }
}

extension Family {
  /// Whether a token sees only those before it.
  var isDecoder: Bool { tokenTypeCount == nil }

  /// The layers with a sliding window in a model that says nothing else.
  func slidingLayers(count: Int, maximumWindowLayers: Int?, pattern: Int? = nil) -> [Int] {
    switch sliding {
    case .allLayers: Array(0..<count)
    case .allButEvery(let n): (0..<count).filter { ($0 + 1) % (pattern ?? n) != 0 }
    case .upperLayers: Array(min(maximumWindowLayers ?? 28, count)..<count)
    }
  }
}
