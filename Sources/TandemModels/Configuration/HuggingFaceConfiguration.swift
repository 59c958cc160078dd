import TandemBytes
import TandemCheckpoints
import TandemJSON

/// Reads `config.json` as transformers does: with its defaults for keys that are not there.
struct HuggingFaceConfiguration {
  /// The largest config.json that is read, in bytes; real ones have a few thousand.
  private static let byteLimit = 16 << 20

  private(set) var configuration: ModelConfiguration?
  private(set) var findings = Findings()
  /// How the weights are quantised, if by a method of transformers; their tensors have names of
  /// their own then.
  private(set) var quantisation: String?
  /// Whether the model is the text part of a larger one.
  private(set) var isPartOfLarger = false
  /// The element type that the file says the tensors have, as torch calls it.
  private(set) var statedType: String?

  /// Reads a file that the folder's reader has found to be JSON.
  init(_ file: MappedFile) {
    guard file.byteCount <= Self.byteLimit else {
      add(
        FolderRule.badConfigValue, file,
        "the file has \(file.byteCount) bytes; at most \(Self.byteLimit) are read")
      return
    }
    var json = JSONReader(file.bytes, allowsNonFinite: true)
    do throws(JSONFailure) {
      let value = try ConfigValue(&json)
      try json.end()
      if value.hasNonFinite {
        add(
          FolderRule.nonFiniteNumber, file, "the file holds NaN or Infinity, which JSON has not",
          remedy: "other tools may refuse it; write null, or leave the key out")
      }
      guard let members = value.members else {
        add(FolderRule.badConfigValue, file, "the file holds \(value.phrase); an object is needed")
        return
      }
      read(members, file)
    } catch {
      findings.add(
        Finding(FolderRule.notJSON, in: file.path, at: error.offset, error.message))
    }
  }

  private mutating func add(
    _ rule: some Rule, _ file: MappedFile, _ message: String, remedy: String? = nil
  ) {
    findings.add(Finding(rule, in: file.path, message, remedy: remedy))
  }

  private mutating func read(_ members: [String: PlacedValue], _ file: MappedFile) {
    var outer = ConfigReader(file: file.path, rule: FolderRule.badConfigValue) { members[$0] }
    // A model that sees or hears keeps the configuration of its language model in an object.
    let text = outer.object("text_config")
    isPartOfLarger = text != nil
    var reader = outer.entering(members.merging(text ?? [:]) { $1 })
    let modelType = outer.text(.modelType)
    let classNames = outer.texts(.classNames)
    statedType = reader.text(.storedType).map { $0.dropping(prefix: "torch.") ?? $0 }
    if let members = outer.object("quantization_config") {
      quantisation = members["quant_method"]?.value.string ?? "a method that it does not name"
    }
    let family =
      modelType.flatMap(Family.of(modelType:))
      ?? (modelType == nil ? classNames?.first : nil)
      .flatMap(Family.of(className:))
    let name = family?.name ?? modelType ?? classNames?.first ?? ""
    configuration = Self.configuration(&reader, family ?? .unknown, name: name)
    outer.add(reader)
    findings.add(contentsOf: outer.findings)
    guard !outer.missing.isEmpty else { return }
    configuration = nil
    if family != nil {
      for key in outer.missing {
        findings.add(
          Finding(
            ModelRule.missingKey, in: file.path, item: key,
            "the key is missing; a \(name) model cannot be described without it"))
      }
    }
  }

  private static func configuration(
    _ reader: inout ConfigReader, _ family: Family, name: String
  ) -> ModelConfiguration? {
    let hiddenSize = reader.requiredCount(.hiddenSize, upTo: Limit.width)
    let layerCount = reader.requiredCount(.layerCount, upTo: Limit.layers)
    let headCount = reader.requiredCount(.headCount, upTo: Limit.heads)
    let vocabularySize = reader.requiredCount(.vocabularySize, upTo: Limit.vocabulary)
    let isGPT2 = family.name == "gpt2"
    let feedForwardSize =
      isGPT2
      ? reader.count(.feedForwardSize, upTo: Limit.width) ?? 4 * hiddenSize
      : reader.requiredCount(.feedForwardSize, upTo: Limit.width)
    var model = ModelConfiguration(
      architecture: name, hiddenSize: hiddenSize, layerCount: layerCount,
      feedForwardSize: feedForwardSize, headCount: headCount, vocabularySize: vocabularySize,
      contextLength: reader.count(.contextLength, upTo: Limit.context)
        ?? family.contextLength,
      normEpsilon: reader.positive(.normEpsilon, upTo: 1) ?? family.normEpsilon,
      activation: reader.text(.activation) ?? family.activation)
    setHeads(&model, &reader, family)
    setRotation(&model, &reader, family)
    setSlidingWindow(&model, &reader, family)
    setTokens(&model, &reader, family)
    model.tiesEmbeddings = reader.flag(.tiesEmbeddings) ?? family.tiesEmbeddings
    model.tokenTypeCount =
      family.tokenTypeCount == nil
      ? nil : reader.count(.tokenTypeCount, upTo: Limit.vocabulary) ?? family.tokenTypeCount
    model.embeddingScale =
      family.scalesEmbeddings ? Double(hiddenSize).squareRoot().roundedToSingle : nil
    guard hiddenSize > 0, layerCount > 0, headCount > 0, vocabularySize > 0, feedForwardSize > 0
    else { return nil }
    return model
  }

  private static func setHeads(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family
  ) {
    let keyValueHeadCount = reader.count(.keyValueHeadCount, upTo: Limit.heads)
    let isStated = reader.has(.keyValueHeadCount)
    model.keyValueHeadCount =
      keyValueHeadCount ?? (isStated ? nil : family.keyValueHeadCount) ?? model.headCount
    model.headSize =
      reader.count(.headSize, upTo: Limit.width)
      ?? (reader.has(.headSize) ? nil : family.headSize) ?? model.headSize
    let bias = reader.flag(.attentionBias) ?? false
    model.hasAttentionBias =
      switch family.biases {
      case .none: false
      case .asConfigured: bias
      case .queryKeyValue, .all: true
      }
    model.hasAttentionOutputBias =
      switch family.biases {
      case .none, .queryKeyValue: false
      case .asConfigured: bias
      case .all: true
      }
    model.hasFeedForwardBias =
      family.biases == .all
      || (family.biases == .asConfigured && reader.flag(.feedForwardBias) ?? false)
    model.hasQueryKeyNorm = family.hasQueryKeyNorm
    model.attentionScale = ModelConfiguration.attentionScale(forWidth: model.headSize)
    if let width = family.queryScalar {
      model.attentionScale = ModelConfiguration.attentionScale(
        forWidth: reader.count(.queryScalar, upTo: Limit.width) ?? width)
    }
    model.attentionSoftcap =
      reader.positive(.attentionSoftcap)
      ?? (reader.has(.attentionSoftcap) ? nil : family.attentionSoftcap)
    model.finalSoftcap =
      reader.positive(.finalSoftcap)
      ?? (reader.has(.finalSoftcap) ? nil : family.finalSoftcap)
  }

  private static func setSlidingWindow(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family
  ) {
    let stated = reader.count(.slidingWindow, upTo: Limit.context)
    let isStated = reader.has(.slidingWindow)
    var window = stated ?? (isStated ? nil : family.slidingWindow)
    let maximumWindowLayers = reader.integer(.maximumWindowLayers, 0...Limit.layers)
    if case .upperLayers = family.sliding, reader.flag(.usesSlidingWindow) != true {
      window = nil
    }
    let pattern = reader.count(.slidingPattern, upTo: Limit.layers)
    let kinds = reader.texts(.layerKinds)
    guard let window else { return }
    model.slidingLayers = family.slidingLayers(
      count: model.layerCount, maximumWindowLayers: maximumWindowLayers, pattern: pattern)
    if let kinds {
      if kinds.count != model.layerCount {
        reader.reject(
          "layer_types", .list(kinds.map { .string($0) }),
          "one for each of the \(model.layerCount) layers")
      }
      model.slidingLayers = kinds.indices.filter { kinds[$0] == "sliding_attention" }
    }
    model.slidingWindow = model.slidingLayers.isEmpty ? nil : window
  }

  private static func setTokens(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family
  ) {
    let vocabularySize = model.vocabularySize
    /// The ids of a key; its family's default where the key is not there, unless the vocabulary is
    /// too small for it.
    func ids(_ key: SourceKey, _ fallback: Int?) -> [Int] {
      if let ids = reader.tokenIDs(key) { return ids }
      guard !reader.has(key), let fallback, fallback < vocabularySize else { return [] }
      return [fallback]
    }
    model.bosTokenID = ids(.bosTokenID, family.bosTokenID).first
    model.eosTokenIDs = ids(.eosTokenID, family.eosTokenID)
    model.padTokenID = ids(.padTokenID, family.padTokenID).first
  }
}
