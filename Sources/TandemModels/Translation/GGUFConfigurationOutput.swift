import Glibc
import TandemBytes
import TandemCheckpoints
public import TandemTensors

/// Writes a configuration as GGUF metadata, so that ``GGUFConfiguration`` reads the same from it and
/// llama.cpp computes the same.
struct GGUFConfigurationOutput {
  private(set) var pairs = GGUFPairs()
  private(set) var findings = Findings()
  private let model: ModelConfiguration
  private let family: Family
  /// The source, as findings name it.
  private let file: String

  /// - Parameters:
  ///   - name: What the model is called.
  ///   - type: The element type that most of the matrices will have.
  init(_ model: ModelConfiguration, _ family: Family, name: String, type: ElementType, file: String)
  {
    self.model = model
    self.family = family
    self.file = file
    pairs.set("general.architecture", family.ggufName)
    pairs.set("general.type", "model")
    pairs.set("general.name", name)
    addSizes()
    addAttention()
    addRotation()
    if let count = model.tokenTypeCount {
      pairs.set("tokenizer.ggml.token_type_count", count: count)
    }
    pairs.set("general.file_type", type.ggufFileType)
    pairs.set("general.quantization_version", 2)
    reportLosses()
  }

  private func name(_ key: SourceKey) -> String {
    "\(family.ggufName).\(key.name(.gguf, in: family))"
  }

  private mutating func add(_ key: SourceKey, count: Int?) {
    if let count { pairs.set(name(key), count: count) }
  }

  private mutating func add(_ key: SourceKey, number: Double?) {
    if let number { pairs.set(name(key), number: Float(number)) }
  }

  private mutating func addSizes() {
    add(.layerCount, count: model.layerCount)
    add(.contextLength, count: model.contextLength)
    add(.hiddenSize, count: model.hiddenSize)
    add(.feedForwardSize, count: model.feedForwardSize)
    add(.headCount, count: model.headCount)
    add(.keyValueHeadCount, count: model.keyValueHeadCount)
    add(.normEpsilon, number: model.normEpsilon)
    add(.vocabularySize, count: model.vocabularySize)
  }

  private mutating func addAttention() {
    if family.hasRotaryPositions {
      add(.headSize, count: model.headSize)
      add(.valueSize, count: model.headSize)
    }
    if !family.isDecoder { pairs.set(name(.isCausal), flag: false) }
    add(.attentionSoftcap, number: model.attentionSoftcap)
    add(.finalSoftcap, number: model.finalSoftcap)
    if model.attentionScale != family.ggufAttentionScale(model) {
      add(.attentionScale, number: model.attentionScale)
    }
    addSlidingWindow()
  }

  private mutating func addSlidingWindow() {
    guard let window = model.slidingWindow else {
      // llama.cpp gives a Phi-3 without the key a window by its name.
      if family.name == "phi3" { add(.slidingWindow, count: 0) }
      return
    }
    add(.slidingWindow, count: window)
    let layers = model.slidingLayers
    func hasPeriod(_ period: Int?) -> Bool {
      layers
        == family.slidingLayers(
          count: model.layerCount, maximumWindowLayers: 0, pattern: period)
    }
    if hasPeriod(nil) { return }
    if case .allButEvery = family.sliding,
      let period = (1...model.layerCount).first(where: hasPeriod)
    {
      add(.slidingPattern, count: period)
    } else {
      let sliding = Set(layers)
      pairs.set(
        name(.slidingPattern), flags: (0..<model.layerCount).map { sliding.contains($0) })
    }
  }

  private mutating func addRotation() {
    add(.ropeBase, number: model.ropeBase)
    if let base = model.slidingRopeBase, base != family.slidingRopeBase {
      add(.slidingRopeBase, number: base)
    }
    add(.ropeDimensionCount, count: model.ropeDimensionCount)
    guard let scaling = model.ropeScaling else {
      // llama.cpp refuses a Phi-3 without it.
      if family.name == "phi3" { add(.originalContextLength, count: model.contextLength) }
      return
    }
    // The factors of these kinds are tensors.
    if scaling.type == "llama3" { return }
    add(.originalContextLength, count: scaling.originalContextLength)
    if scaling.type != "longrope" { pairs.set(name(.ropeType), scaling.type) }
    add(.ropeFactor, number: scaling.factor)
    for key in RopeScaling.numberKeys where !key.gguf.isEmpty {
      add(key, number: scaling.numbers[key.huggingFace[0]] ?? scaling.impliedNumber(key, model))
    }
  }

  private mutating func reportLosses() {
    if !family.activationNames.contains(model.activation) {
      add(
        .unsayableProperty, SourceKey.activation.name(.huggingFace, in: family),
        "the activation is '\(model.activation)'; GGUF does not say it, and engines compute '\(family.activation)'"
      )
    }
    if let scaling = model.ropeScaling {
      if !Self.ropeTypes.contains(scaling.type) {
        add(
          .unsayableProperty, "rope_scaling",
          "rotary positions are scaled by '\(scaling.type)', which GGUF cannot say")
      }
      let isWhole = scaling.type == "llama3"
      for key in RopeScaling.numberKeys where key.gguf.isEmpty && !isWhole {
        guard scaling.numbers[key.huggingFace[0]] != nil else { continue }
        add(.lostProperty, "rope_scaling.\(key.huggingFace[0])", "GGUF has no key for the number")
      }
    }
    if family.queryScalar != nil, model.attentionScale != family.ggufAttentionScale(model) {
      add(
        .lostProperty, SourceKey.queryScalar.name(.huggingFace, in: family),
        "llama.cpp knows no scale for \(family.name) models and multiplies queries times keys by \(family.ggufAttentionScale(model)), not by \(model.attentionScale): it computes another model"
      )
    }
    if model.slidingWindow != nil, !family.hasWindowInLlamaCPP {
      add(
        .lostProperty, "sliding_window",
        "llama.cpp ignores the window of \(family.name) models: texts longer than \(model.slidingWindow ?? 0) tokens are computed otherwise"
      )
    }
  }

  private static let ropeTypes: Set<String> = ["linear", "yarn", "longrope", "llama3"]

  private mutating func add(_ rule: TranslationRule, _ item: String, _ message: String) {
    findings.add(Finding(rule, in: file, item: item, message))
  }
}

extension Family {
  /// The attention scale of a GGUF model without a key for it.
  func ggufAttentionScale(_ model: ModelConfiguration) -> Double {
    let isWide = model.layerCount == layerCountWithWideQueries && model.headCount > 0
    return ModelConfiguration.attentionScale(
      forWidth: isWide ? model.hiddenSize / model.headCount : model.headSize)
  }

  /// The names in transformers of the function that engines compute for the family's GGUF files.
  fileprivate var activationNames: Set<String> {
    switch activation {
    case "gelu_pytorch_tanh", "gelu_new": ["gelu_pytorch_tanh", "gelu_new", "gelu_fast"]
    case "silu": ["silu", "swish"]
    default: [activation]
    }
  }

  /// Whether llama.cpp keeps to the family's sliding window.
  fileprivate var hasWindowInLlamaCPP: Bool { ["gemma2", "gemma3", "phi3"].contains(name) }
}

extension RopeScaling {
  /// The number that transformers computes where none is given, and llama.cpp must be told: the
  /// factor on attention of long contexts (`_compute_longrope_parameters`).
  func impliedNumber(_ key: SourceKey, _ model: ModelConfiguration) -> Double? {
    guard type == "longrope", key.huggingFace == ["attention_factor"],
      let original = originalContextLength, original > 1
    else { return nil }
    let scale = Double(model.contextLength) / Double(original)
    return scale > 1 ? (1 + log(scale) / log(Double(original))).squareRoot().roundedToSingle : 1
  }
}

extension ElementType {
  /// The number in `general.file_type`: ggml's `llama_ftype` for files with mostly this type; 0 is
  /// F32.
  public var ggufFileType: UInt32 {
    switch self {
    case .f16: 1
    case .q4_0: 2
    case .q4_1: 3
    case .q8_0: 7
    case .q5_0: 8
    case .q5_1: 9
    case .q2_k: 10
    case .q3_k: 12
    case .q4_k: 15
    case .q5_k: 17
    case .q6_k: 18
    case .iq2_xxs: 19
    case .iq2_xs: 20
    case .iq3_xxs: 23
    case .iq1_s: 24
    case .iq4_nl: 25
    case .iq3_s: 26
    case .iq2_s: 28
    case .iq4_xs: 30
    case .iq1_m: 31
    case .bf16: 32
    case .tq1_0: 36
    case .tq2_0: 37
    case .mxfp4: 38
    case .nvfp4: 39
    case .q1_0: 40
    default: 0
    }
  }
}
