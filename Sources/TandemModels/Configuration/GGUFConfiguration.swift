import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Reads a configuration from the metadata of a GGUF file and from which tensors it has.
struct GGUFConfiguration {
  private(set) var configuration: ModelConfiguration?
  private(set) var findings = Findings()

  init(_ metadata: GGUFMetadata, _ checkpoint: Checkpoint) {
    let names = Set(checkpoint.tensors.map(\.name))
    var general = Self.reader(metadata, prefix: "")
    guard let id = general.text(.ggufArchitecture) else {
      findings = general.findings
      return
    }
    let family = Family.of(ggufName: id)
    var reader = Self.reader(metadata, prefix: id + ".")
    configuration = Self.configuration(
      &reader, family ?? .unknown, name: family?.name ?? id,
      GGUFContent(metadata, checkpoint, names))
    findings.add(contentsOf: reader.findings)
    if configuration?.vocabularySize == 0, family == nil {
      configuration = nil
    } else if configuration?.vocabularySize == 0 {
      findings.add(
        Finding(
          ModelRule.missingKey, in: metadata.file.path, item: "\(id).vocab_size",
          "the vocabulary has no size: there is no such key, no list 'tokenizer.ggml.tokens', and "
            + "no tensor 'token_embd.weight' or 'output.weight'"))
    }
    guard !reader.missing.isEmpty else { return }
    configuration = nil
    // A vocabulary or another part of a model has no such keys at all.
    if !metadata.entries.contains(where: { $0.key.hasPrefix(id + ".") }) {
      findings.add(
        Finding(
          ModelRule.noConfiguration, in: metadata.file.path, item: "general.architecture",
          "the file names the architecture '\(id)' and has no key of it; only the format is checked"
        ))
    } else if family != nil {
      for key in reader.missing {
        findings.add(
          Finding(
            ModelRule.missingKey, in: metadata.file.path, item: key,
            "the key is missing; a model of the architecture '\(id)' cannot be described without it"
          ))
      }
    }
  }

  private static func reader(_ metadata: GGUFMetadata, prefix: String) -> ConfigReader {
    ConfigReader(
      file: metadata.file.path, rule: ModelRule.badMetadata, naming: .gguf, prefix: prefix
    ) { name in
      metadata.entry(prefix + name).map {
        PlacedValue(
          value: ConfigValue($0.value, in: metadata), offset: $0.valueByteRange.lowerBound)
      }
    }
  }

  private static func configuration(
    _ reader: inout ConfigReader, _ family: Family, name: String, _ content: GGUFContent
  ) -> ModelConfiguration? {
    let hiddenSize = reader.requiredCount(.hiddenSize, upTo: Limit.width)
    let layerCount = reader.requiredCount(.layerCount, upTo: Limit.layers)
    let headCount = reader.requiredCount(.headCount, upTo: Limit.heads)
    let feedForwardSize = reader.requiredCount(.feedForwardSize, upTo: Limit.width)
    let contextLength = reader.requiredCount(.contextLength, upTo: Limit.context)
    let vocabularySize =
      reader.count(.vocabularySize, upTo: Limit.vocabulary) ?? content.vocabularySize ?? 0
    var model = ModelConfiguration(
      architecture: name, hiddenSize: hiddenSize, layerCount: layerCount,
      feedForwardSize: feedForwardSize, headCount: headCount, vocabularySize: vocabularySize,
      contextLength: contextLength,
      normEpsilon: reader.positive(.normEpsilon, upTo: 1) ?? family.normEpsilon,
      activation: family.activation)
    setHeads(&model, &reader, family)
    setRotation(&model, &reader, family, content)
    setSlidingWindow(&model, &reader, family, content)
    var tokens = Self.reader(content.metadata, prefix: "tokenizer.ggml.")
    setTokens(&model, &tokens)
    reader.add(tokens)
    model.tiesEmbeddings = !content.has("output.weight")
    model.hasAttentionBias = content.has("blk.0.attn_q.bias", "blk.0.attn_qkv.bias")
    model.hasAttentionOutputBias = content.has("blk.0.attn_output.bias")
    model.hasFeedForwardBias = content.has("blk.0.ffn_up.bias")
    model.tokenTypeCount = family.tokenTypeCount == nil ? nil : content.tokenTypeCount
    model.embeddingScale =
      family.scalesEmbeddings ? Double(hiddenSize).squareRoot().roundedToSingle : nil
    // Without a vocabulary the rest is checked all the same; that it is missing is an error.
    guard hiddenSize > 0, layerCount > 0, headCount > 0, feedForwardSize > 0, contextLength > 0
    else { return nil }
    return model
  }

  private static func setHeads(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family
  ) {
    model.keyValueHeadCount =
      reader.count(.keyValueHeadCount, upTo: Limit.heads) ?? model.headCount
    model.headSize = reader.count(.headSize, upTo: Limit.width) ?? model.headSize
    model.hasQueryKeyNorm = family.hasQueryKeyNorm
    let isWide = model.layerCount == family.layerCountWithWideQueries && model.headCount > 0
    model.attentionScale =
      reader.positive(.attentionScale)
      ?? ModelConfiguration.attentionScale(
        forWidth: isWide ? model.hiddenSize / model.headCount : model.headSize)
    model.attentionSoftcap = reader.positive(.attentionSoftcap) ?? family.attentionSoftcap
    model.finalSoftcap = reader.positive(.finalSoftcap) ?? family.finalSoftcap
  }

  private static func setSlidingWindow(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family,
    _ content: GGUFContent
  ) {
    // Only a family whose layers differ has a window without saying so.
    var fallback: Int?
    if case .allButEvery = family.sliding { fallback = family.slidingWindow }
    let window = reader.integer(.slidingWindow, 0...Limit.context) ?? fallback
    guard let window, window > 0 else { return }
    model.slidingWindow = window
    if case .list(let flags) = reader[.slidingPattern] {
      model.slidingLayers = flags.indices.filter { flags[$0] == .bool(true) }
    } else {
      let pattern = reader.count(.slidingPattern, upTo: Limit.layers)
      model.slidingLayers = family.slidingLayers(
        count: model.layerCount, maximumWindowLayers: 0, pattern: pattern)
    }
  }

  private static func setTokens(_ model: inout ModelConfiguration, _ reader: inout ConfigReader) {
    let ids = 0...Limit.vocabulary
    model.bosTokenID = reader.integer(.bosTokenID, ids)
    model.eosTokenIDs = [reader.integer(.eosTokenID, ids)].compactMap(\.self)
    model.padTokenID = reader.integer(.padTokenID, ids)
    model.unknownTokenID = reader.integer(.unknownTokenID, ids)
  }
}
