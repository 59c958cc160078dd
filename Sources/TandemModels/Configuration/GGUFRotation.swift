extension GGUFConfiguration {
  /// Takes the rotary positions from metadata, and factors of single frequencies from their
  /// tensors.
  static func setRotation(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family,
    _ content: GGUFContent
  ) {
    guard family.hasRotaryPositions else { return }
    model.ropeBase = reader.positive("rope.freq_base") ?? family.ropeBase
    model.ropeDimensionCount =
      reader.integer(["rope.dimension_count"], 1...Limit.width) ?? model.headSize
    if let base = family.slidingRopeBase {
      model.slidingRopeBase = reader.positive("rope.freq_base_swa") ?? base
    }
    let original = reader.count("rope.scaling.original_context_length", upTo: Limit.context)
    model.ropeScaling = scaling(&reader, content, original: original)
    if let finding = model.contextFinding(original: original, in: reader.file) {
      reader.report(finding)
    }
  }

  private static func scaling(
    _ reader: inout ConfigReader, _ content: GGUFContent, original: Int?
  ) -> RopeScaling? {
    let factors = [
      "long_factor": content.numbers("rope_factors_long.weight"),
      "short_factor": content.numbers("rope_factors_short.weight"),
    ].compactMapValues(\.self)
    var type = reader.text("rope.scaling.type") ?? "none"
    if type == "none" && !factors.isEmpty { type = "longrope" }
    // Converters work the kind `llama3` out to a tensor with a factor for each frequency.
    if type == "none" && content.has("rope_freqs.weight") { type = "frequency_factors" }
    let factor = reader.positive("rope.scaling.factor", "rope.scale_linear")
    if type == "none" {
      // Old files give a factor and no kind.
      guard let factor, factor != 1 else { return nil }
      return RopeScaling(type: "linear", factor: factor)
    }
    var scaling = RopeScaling(type: type, factor: factor, originalContextLength: original)
    for (name, key) in numberKeys { scaling.numbers[name] = reader.positive("rope.scaling." + key) }
    scaling.lists = factors
    return scaling
  }

  /// The names of numbers in transformers and in GGUF.
  private static let numberKeys = [
    ("attention_factor", "attn_factor"), ("beta_fast", "yarn_beta_fast"),
    ("beta_slow", "yarn_beta_slow"),
  ]
}
