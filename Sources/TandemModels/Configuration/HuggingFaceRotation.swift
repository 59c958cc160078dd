extension HuggingFaceConfiguration {
  /// Takes the rotary positions from `rope_parameters`, or from `rope_theta` and `rope_scaling`.
  static func setRotation(
    _ model: inout ModelConfiguration, _ reader: inout ConfigReader, _ family: Family
  ) {
    guard family.hasRotaryPositions else { return }
    let parameters = reader.object("rope_parameters")
    let stretching = reader.object("rope_scaling")
    // Where layers differ, there is an object for each kind of layer.
    let sliding = parameters?["sliding_attention"]?.value.members
    let plain = parameters?["full_attention"]?.value.members ?? parameters ?? stretching ?? [:]
    var inner = reader.entering(plain)
    model.ropeBase =
      inner.positive(.ropeBase) ?? reader.positive(.ropeBase) ?? family.ropeBase
    if let base = family.slidingRopeBase {
      var innerSliding = reader.entering(sliding ?? [:])
      model.slidingRopeBase =
        innerSliding.positive(.ropeBase) ?? reader.positive(.slidingRopeBase) ?? base
      reader.add(innerSliding)
    }
    let part =
      inner.positive(.partialRotary, upTo: 1)
      ?? reader.positive(.partialRotary, upTo: 1) ?? 1
    model.ropeDimensionCount = Int(Double(model.headSize) * part)
    let original = reader.count(.originalContextLength, upTo: Limit.context)
    model.ropeScaling = scaling(
      &inner, plain, original: original, contextLength: model.contextLength)
    reader.add(inner)
    if let finding = model.contextFinding(original: original, in: reader.file) {
      reader.report(finding)
    }
  }

  /// - Parameter original: The original context that stands beside the scaling, and counts before
  ///   one in it.
  private static func scaling(
    _ inner: inout ConfigReader, _ members: [String: PlacedValue], original: Int?,
    contextLength: Int
  ) -> RopeScaling? {
    let type = inner.text(.ropeType) ?? "default"
    if type == "default" { return nil }
    // Phi-3 was first published with another name for its kind of scaling.
    var scaling = RopeScaling(type: type == "su" ? "longrope" : type)
    scaling.factor = inner.positive(.ropeFactor)
    scaling.originalContextLength =
      original ?? inner.count(.originalContextLength, upTo: Limit.context)
    if scaling.originalContextLength == nil,
      ["llama3", "yarn", "longrope", "dynamic"].contains(scaling.type)
    {
      scaling.originalContextLength = contextLength
    }
    for key in RopeScaling.numberKeys { scaling.numbers[key.huggingFace[0]] = inner.positive(key) }
    for name in RopeScaling.listKeys.map(\.huggingFace[0]) {
      guard let value = members[name]?.value, value != .null else { continue }
      if let numbers = value.numbers {
        scaling.lists[name] = numbers
      } else {
        inner.reject(name, value, "a list of numbers")
      }
    }
    return scaling
  }
}
