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
    guard let id = general.text("general.architecture") else {
      findings = general.findings
      return
    }
    let family = Family.of(ggufName: id)
    var reader = Self.reader(metadata, prefix: id + ".")
    configuration = Self.configuration(
      &reader, family ?? .unknown, name: family?.name ?? id,
      GGUFContent(metadata, checkpoint, names))
    findings.add(contentsOf: reader.findings)
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
    ConfigReader(file: metadata.file.path, rule: ModelRule.badMetadata, prefix: prefix) { name in
      metadata.entry(prefix + name).map {
        PlacedValue(
          value: ConfigValue($0.value, in: metadata), offset: $0.valueByteRange.lowerBound)
      }
    }
  }

  private static func configuration(
    _ reader: inout ConfigReader, _ family: Family, name: String, _ content: GGUFContent
  ) -> ModelConfiguration? {
    let hiddenSize = reader.requiredCount("embedding_length", upTo: Limit.width)
    let layerCount = reader.requiredCount("block_count", upTo: Limit.layers)
    let headCount = reader.requiredCount("attention.head_count", upTo: Limit.heads)
    let feedForwardSize = reader.requiredCount("feed_forward_length", upTo: Limit.width)
    let contextLength = reader.requiredCount("context_length", upTo: Limit.context)
    let vocabularySize =
      reader.count("vocab_size", upTo: Limit.vocabulary) ?? content.vocabularySize ?? 0
    var model = ModelConfiguration(
      architecture: name, hiddenSize: hiddenSize, layerCount: layerCount,
      feedForwardSize: feedForwardSize, headCount: headCount, vocabularySize: vocabularySize,
      contextLength: contextLength,
      normEpsilon: reader.positive(
        "attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon", upTo: 1)
        ?? family.normEpsilon,
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
    guard hiddenSize > 0, layerCount > 0, headCount > 0, vocabularySize > 0, feedForwardSize > 0,
      contextLength > 0
    else { return nil }
    return model
  }

  private static func setHeads(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family
  ) {
    model.keyValueHeadCount =
      reader.count("attention.head_count_kv", upTo: Limit.heads) ?? model.headCount
    model.headSize = reader.count("attention.key_length", upTo: Limit.width) ?? model.headSize
    model.hasQueryKeyNorm = family.hasQueryKeyNorm
    let isWide = model.layerCount == family.layerCountWithWideQueries && model.headCount > 0
    model.attentionScale =
      reader.positive("attention.scale")
      ?? ModelConfiguration.attentionScale(
        forWidth: isWide ? model.hiddenSize / model.headCount : model.headSize)
    model.attentionSoftcap = reader.positive("attn_logit_softcapping") ?? family.attentionSoftcap
    model.finalSoftcap = reader.positive("final_logit_softcapping") ?? family.finalSoftcap
  }

  private static func setSlidingWindow(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family,
    _ content: GGUFContent
  ) {
    // Only a family whose layers differ has a window without saying so.
    var fallback: Int?
    if case .allButEvery = family.sliding { fallback = family.slidingWindow }
    let window = reader.integer(["attention.sliding_window"], 0...Limit.context) ?? fallback
    guard let window, window > 0 else { return }
    model.slidingWindow = window
    if case .list(let flags) = reader["attention.sliding_window_pattern"] {
      model.slidingLayers = flags.indices.filter { flags[$0] == .bool(true) }
    } else {
      let pattern = reader.count("attention.sliding_window_pattern", upTo: Limit.layers)
      model.slidingLayers = family.slidingLayers(
        count: model.layerCount, maximumWindowLayers: 0, pattern: pattern)
    }
  }

  private static func setTokens(_ model: inout ModelConfiguration, _ reader: inout ConfigReader) {
    let ids = 0...Limit.vocabulary
    model.bosTokenID = reader.integer(["bos_token_id"], ids)
    model.eosTokenIDs = [reader.integer(["eos_token_id"], ids)].compactMap(\.self)
    model.padTokenID = reader.integer(["padding_token_id"], ids)
    model.unknownTokenID = reader.integer(["unknown_token_id"], ids)
  }
}
