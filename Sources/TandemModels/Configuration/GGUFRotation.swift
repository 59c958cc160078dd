extension GGUFConfiguration {
  /// Takes the rotary positions from metadata, and factors of single frequencies from their
  /// tensors.
  static func setRotation(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family,
    _ content: GGUFContent
  ) {
    guard family.hasRotaryPositions else { return }
    model.ropeBase = reader.positive(.ropeBase) ?? family.ropeBase
    model.ropeDimensionCount =
      reader.integer(.ropeDimensionCount, 1...Limit.width) ?? model.headSize
    if let base = family.slidingRopeBase {
      model.slidingRopeBase = reader.positive(.slidingRopeBase) ?? base
    }
    let original = reader.count(.originalContextLength, upTo: Limit.context)
    model.ropeScaling = scaling(model, &reader, content, original: original)
    if let finding = model.contextFinding(original: original, in: reader.file) {
      reader.report(finding)
    }
  }

  private static func scaling(
    _ model: ModelConfiguration, _ reader: inout ConfigReader, _ content: GGUFContent,
    original: Int?
  ) -> RopeScaling? {
    var lists: [String: [Double]] = [:]
    for key in RopeScaling.listKeys { lists[key.huggingFace[0]] = content.numbers(key.gguf[0]) }
    var type = reader.text(.ropeType) ?? "none"
    if type == "none" && !lists.isEmpty { type = "longrope" }
    let factor = reader.positive(.ropeFactor)
    if type == "none" && content.has(RopeScaling.factorTensor) {
      // Converters work the kind `llama3` out to a tensor with a factor for each frequency.
      return content.numbers(RopeScaling.factorTensor).flatMap { model.llama3Scaling(of: $0) }
        ?? RopeScaling(type: "frequency_factors", factor: factor, originalContextLength: original)
    }
    if type == "none" {
      // Old files give a factor and no kind.
      guard let factor, factor != 1 else { return nil }
      return RopeScaling(type: "linear", factor: factor)
    }
    var scaling = RopeScaling(type: type, factor: factor, originalContextLength: original)
    for key in RopeScaling.numberKeys {
      scaling.numbers[key.huggingFace[0]] = reader.positive(key)
    }
    scaling.lists = lists
    return scaling
  }
}
