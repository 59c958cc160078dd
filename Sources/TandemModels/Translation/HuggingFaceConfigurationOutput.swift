import Glibc
import TandemBytes
import TandemJSON
import TandemTensors

/// Writes a configuration as `config.json`, so that ``HuggingFaceConfiguration`` reads the same from
/// it and transformers loads it.
struct HuggingFaceConfigurationOutput {
  private(set) var findings = Findings()
  private var members: [String: JSONOutput] = [:]
  private let model: ModelConfiguration
  private let family: Family
  /// The source, as findings name it.
  private let file: String

  /// - Parameters:
  ///   - className: The class in transformers.
  ///   - type: The element type that most of the tensors will have.
  init(
    _ model: ModelConfiguration, _ family: Family, className: String, type: ElementType,
    file: String
  ) {
    self.model = model
    self.family = family
    self.file = file
    members["architectures"] = .array([.string(className)])
    members["model_type"] = .string(family.modelTypes[0])
    // The older of two names, which every release reads.
    members["torch_dtype"] = .string(type.torchName ?? "float32")
    addSizes()
    addAttention()
    addSlidingWindow()
    addRotation()
    addTokens()
  }

  /// The text of config.json.
  var text: String {
    JSONOutput.object(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
      .text(pretty: true) + "\n"
  }

  /// The text of generation_config.json: which tokens begin, end and fill a text.
  var generationText: String {
    let keys = [SourceKey.bosTokenID, .eosTokenID, .padTokenID].map { $0.huggingFace[0] }
    let tokens = keys.compactMap { key in members[key].map { (key, $0) } }
    return JSONOutput.object([("_from_model_config", .bool(true))] + tokens).text(pretty: true)
      + "\n"
  }

  private mutating func set(_ key: SourceKey, _ value: JSONOutput) {
    members[key.name(.huggingFace, in: family)] = value
  }

  private mutating func addSizes() {
    set(.vocabularySize, .integer(model.vocabularySize))
    set(.hiddenSize, .integer(model.hiddenSize))
    set(.layerCount, .integer(model.layerCount))
    set(.headCount, .integer(model.headCount))
    set(.feedForwardSize, .integer(model.feedForwardSize))
    set(.contextLength, .integer(model.contextLength))
    set(.normEpsilon, .number(model.normEpsilon))
    set(.activation, .string(model.activation))
    set(.tiesEmbeddings, .bool(model.tiesEmbeddings))
    if let count = model.tokenTypeCount { set(.tokenTypeCount, .integer(count)) }
  }

  private mutating func addAttention() {
    if family.hasRotaryPositions {
      set(.keyValueHeadCount, .integer(model.keyValueHeadCount))
      // Phi-3's class divides the hidden size by itself.
      if family.name != "phi3" { set(.headSize, .integer(model.headSize)) }
    }
    if family.biases == .asConfigured {
      set(.attentionBias, .bool(model.hasAttentionBias))
      if family.name == "llama" { set(.feedForwardBias, .bool(model.hasFeedForwardBias)) }
    }
    if model.hasAttentionBias, family.biases == .none {
      report(
        .unsayableProperty, SourceKey.attentionBias.huggingFace[0],
        "query, key and value have biases, which \(family.name) has not in transformers")
    }
    let width = (1 / (model.attentionScale * model.attentionScale)).rounded()
    let isWidth = (1...Double(Limit.width)).contains(width)
    let stated = family.queryScalar == nil ? model.headSize : isWidth ? Int(width) : 0
    if family.queryScalar != nil { set(.queryScalar, .integer(stated)) }
    if model.attentionScale != ModelConfiguration.attentionScale(forWidth: stated) {
      report(
        .unsayableProperty, SourceKey.attentionScale.gguf[0],
        "queries times keys are multiplied by \(model.attentionScale), which config.json cannot say"
      )
    }
    if family.queryScalar != nil || model.attentionSoftcap != nil {
      set(.attentionSoftcap, model.attentionSoftcap.map { .number($0) } ?? .null)
      set(.finalSoftcap, model.finalSoftcap.map { .number($0) } ?? .null)
    }
  }

  private mutating func addSlidingWindow() {
    guard family.slidingWindow != nil || model.slidingWindow != nil else { return }
    set(.slidingWindow, model.slidingWindow.map { .integer($0) } ?? .null)
    switch family.sliding {
    case .allLayers: return
    case .upperLayers:
      set(.usesSlidingWindow, .bool(model.slidingWindow != nil))
      set(.maximumWindowLayers, .integer(model.slidingLayers.first ?? model.layerCount))
    case .allButEvery: break
    }
    let sliding = Set(model.slidingLayers)
    let kinds = (0..<model.layerCount).map { layer in
      JSONOutput.string(sliding.contains(layer) ? "sliding_attention" : "full_attention")
    }
    set(.layerKinds, .array(kinds))
  }

  private mutating func addRotation() {
    guard let base = model.ropeBase else { return }
    set(.ropeBase, .number(base))
    if let base = model.slidingRopeBase { set(.slidingRopeBase, .number(base)) }
    if let count = model.ropeDimensionCount, count != model.headSize {
      set(.partialRotary, .number(Double(count) / Double(model.headSize)))
    }
    if family.name == "phi3" {
      let length = model.ropeScaling?.originalContextLength ?? model.contextLength
      set(.originalContextLength, .integer(length))
    }
    guard let scaling = model.ropeScaling else { return members["rope_scaling"] = .null }
    if scaling.type == "frequency_factors" {
      return report(
        .unsayableProperty, RopeScaling.factorTensor,
        "the factors of the rotary frequencies follow no rule that config.json can say")
    }
    members["rope_scaling"] = .object(scalingMembers(scaling))
  }

  private func scalingMembers(_ scaling: RopeScaling) -> [(String, JSONOutput)] {
    // Phi-3's class wants three members and this name for the first.
    let isPhi3 = family.name == "phi3"
    var members: [(String, JSONOutput)] = [(isPhi3 ? "type" : "rope_type", .string(scaling.type))]
    if let factor = scaling.factor { members.append(("factor", .number(factor))) }
    if let length = scaling.originalContextLength, !isPhi3 {
      members.append((SourceKey.originalContextLength.huggingFace[0], .integer(length)))
    }
    for key in RopeScaling.numberKeys {
      guard let number = scaling.numbers[key.huggingFace[0]],
        number != scaling.impliedNumber(key, model)
      else { continue }
      members.append((key.huggingFace[0], .number(number)))
    }
    for key in RopeScaling.listKeys {
      guard let list = scaling.lists[key.huggingFace[0]] else { continue }
      members.append((key.huggingFace[0], .array(list.map { .number($0) })))
    }
    return members
  }

  private mutating func addTokens() {
    // Null, because a key that is not there means the family's usual token.
    set(.bosTokenID, model.bosTokenID.map { .integer($0) } ?? .null)
    set(.padTokenID, model.padTokenID.map { .integer($0) } ?? .null)
    let ends = model.eosTokenIDs.map { JSONOutput.integer($0) }
    set(.eosTokenID, ends.count > 1 ? .array(ends) : ends.first ?? .null)
  }

  private mutating func report(_ rule: TranslationRule, _ item: String, _ message: String) {
    findings.add(Finding(rule, in: file, item: item, message))
  }
}
