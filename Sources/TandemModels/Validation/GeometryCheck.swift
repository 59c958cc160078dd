import TandemBytes

extension ModelConfiguration {
  /// What in the configuration cannot be, whatever the tensors are.
  ///
  /// - Parameter file: The file that the configuration comes from.
  func findings(in file: String) -> Findings {
    var findings = Findings()
    func add(_ rule: ModelRule, _ message: String, remedy: String? = nil) {
      findings.add(Finding(rule, in: file, message, remedy: remedy))
    }
    guard headCount > 0, keyValueHeadCount > 0 else { return findings }
    if headCount % keyValueHeadCount != 0 {
      add(
        .headGeometry,
        "\(headCount) query heads cannot share \(keyValueHeadCount) key–value heads evenly")
    }
    if headSize == hiddenSize / headCount, hiddenSize % headCount != 0 {
      add(
        .headGeometry,
        "the hidden size \(hiddenSize) is no multiple of the \(headCount) heads, and no head size is given"
      )
    }
    if let rotated = ropeDimensionCount, rotated > headSize || rotated % 2 != 0 {
      add(
        .headGeometry,
        "\(rotated) rotary dimensions; an even number up to the head size \(headSize) is needed")
    }
    for layer in slidingLayers where layer >= layerCount {
      add(.headGeometry, "layer \(layer) has a sliding window, but there are \(layerCount) layers")
      break
    }
    if let scaling = ropeScaling, scaling.type == "yarn", let factor = scaling.factor,
      let original = scaling.originalContextLength,
      Double(contextLength) > 1.01 * factor * Double(original)
    {
      add(
        .contextWithoutScaling,
        "the context is \(contextLength); \(original) positions stretched by \(factor) reach "
          + "\(Int(factor * Double(original)))")
    }
    return findings
  }

  /// The finding that positions beyond the trained ones are used as they are, nil if they are not.
  func contextFinding(original: Int?, in file: String) -> Finding? {
    guard let original, ropeScaling == nil, contextLength > original else { return nil }
    return Finding(
      ModelRule.contextWithoutScaling, in: file,
      "the context is \(contextLength), the model was trained for \(original), and rotary positions "
        + "are not scaled",
      remedy: "add the model's rope scaling, or limit the context")
  }
}
