import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Compares a checkpoint's tensors with those that its architecture has.
struct TensorCheck {
  private let checkpoint: Checkpoint
  private let model: ModelConfiguration
  private let map: TensorMap
  /// Whether only what quantising leaves alone is looked at: norms and embeddings.
  private let isQuantised: Bool
  /// Whether tensors of other parts, such as a vision tower, may lie beside the model's.
  private let isPartOfLarger: Bool
  private(set) var findings = Findings()

  init(
    _ checkpoint: Checkpoint, _ model: ModelConfiguration, _ map: TensorMap, isQuantised: Bool,
    isPartOfLarger: Bool
  ) {
    self.checkpoint = checkpoint
    self.model = model
    self.map = map
    self.isQuantised = isQuantised
    self.isPartOfLarger = isPartOfLarger
    checkAll()
  }

  private mutating func checkAll() {
    let expected = map.expectedTensors(model).filter {
      !isQuantised || $0.role.isNorm || $0.role == .tokenEmbedding
    }
    var found: [String: Int] = [:]
    for (index, tensor) in checkpoint.tensors.enumerated() { found[stored(tensor.name)] = index }
    var missing = LayeredNames()
    var misshapen = LayeredNames()
    var isHeadMissing = false
    let layerCount = storedLayerCount
    for tensor in expected {
      if let index = found.removeValue(forKey: tensor.name) {
        checkShape(tensor, index, &misshapen)
      } else if tensor.requirement == .required {
        // Layers that are missing as wholes are one finding.
        if let layer = tensor.layer, layer >= layerCount { continue }
        if tensor.role == .head { isHeadMissing = true } else { missing.add(tensor.name) }
      }
    }
    let unexpected = isQuantised ? [] : found.values.sorted()
    if layerCount < model.layerCount { reportMissingLayers(layerCount) }
    report(missing: missing, unexpected.map { checkpoint.tensors[$0].name })
    if isHeadMissing { reportMissingHead() }
    for group in misshapen.all {
      add(.wrongShape, group, "\(group.subject("has", "have")) \(group.flaw)")
    }
    report(unexpected: unexpected)
  }

  /// The number of layers that tensors are stored of; the configuration's if there are none.
  private var storedLayerCount: Int {
    let last = checkpoint.tensors.lazy.compactMap { map.place(of: $0.name)?.layer }.max()
    return last.map { min($0 + 1, model.layerCount) } ?? model.layerCount
  }

  private mutating func reportMissingLayers(_ count: Int) {
    findings.add(
      Finding(
        ModelRule.missingTensor, in: checkpoint.path,
        item: checkpoint.format == .gguf ? "block_count" : "num_hidden_layers",
        "the configuration says \(model.layerCount) layers; there are tensors of \(count)",
        remedy: "set it to \(count), or fetch the files with the other layers"))
  }

  /// The name that the table has for a stored one, where old files have others.
  private func stored(_ name: String) -> String {
    guard map.architecture.oldEndings != nil, let place = map.place(of: name) else { return name }
    return map.name(of: place) ?? name
  }

  private mutating func checkShape(
    _ expected: ExpectedTensor, _ index: Int, _ misshapen: inout LayeredNames
  ) {
    let tensor = checkpoint.tensors[index]
    if expected.allows(tensor.shape.dimensions) { return }
    if case .vocabulary? = expected.extents.first,
      tensor.shape.dimensions.dropFirst().elementsEqual(
        expected.dimensions.dropFirst(), by: { $0 == $1 })
    {
      return reportRows(tensor)
    }
    let needed = expected.dimensions.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
    let meaning = expected.extents.map(\.phrase).joined(separator: ", ")
    misshapen.add(
      tensor.name, tensor: index,
      flaw: "the shape \(tensor.shape); [\(needed)] (\(meaning)) is needed")
  }

  private mutating func reportRows(_ tensor: TensorDescriptor) {
    let rows = tensor.shape.dimensions[0]
    let size = model.vocabularySize
    let rule: ModelRule = rows < size ? .missingRows : .extraRows
    findings.add(
      Finding(
        rule, in: path(of: tensor), item: tensor.name, at: tensor.byteRange.lowerBound,
        "the tensor has \(rows) rows; the vocabulary size is \(size)",
        remedy: rule == .missingRows
          ? "the last \(size - rows) token ids have no row"
          : "the last \(rows - size) rows are padding if the configuration is right; "
            + "set the vocabulary size to \(rows) if not"))
  }

  private mutating func report(missing: LayeredNames, _ unexpected: [String]) {
    var suggestion = Suggestion(unexpected)
    for group in missing.all {
      let remedy = suggestion.nearest(to: group.name).map { "is '\($0)' meant?" }
      findings.add(
        Finding(
          ModelRule.missingTensor, in: checkpoint.path, item: group.item,
          "\(group.subject("is", "are")) missing", remedy: remedy))
    }
  }

  private mutating func reportMissingHead() {
    findings.add(
      Finding(
        ModelRule.missingHead, in: checkpoint.path,
        item: map.name(of: .head),
        "the output head is missing, and the configuration says that the embedding is not the head",
        remedy: "engines would draw a random head; store it, or set tie_word_embeddings to true"))
  }

  private mutating func report(unexpected: [Int]) {
    var beyond = LayeredNames()
    var unknown = LayeredNames()
    for index in unexpected {
      let name = checkpoint.tensors[index].name
      if let place = map.place(of: name) {
        if let layer = place.layer, layer >= model.layerCount {
          beyond.add(name, tensor: index)
          continue
        }
      }
      unknown.add(name, tensor: index)
    }
    for group in beyond.all {
      add(
        .layerBeyondCount, group,
        "\(group.subject("belongs", "belong")) to layers beyond the configuration's \(model.layerCount)"
      )
    }
    if isPartOfLarger {
      let others = unknown.all.reduce(0) { $0 + $1.count }
      if others > 0 {
        findings.add(
          Finding(
            ModelRule.otherParts, in: checkpoint.path,
            "\(others) tensors belong to other parts than the language model and are not checked"))
      }
      return
    }
    for group in unknown.all {
      add(
        .unexpectedTensor, group,
        "\(group.subject("is", "are")) not part of the architecture \(map.architecture.name)")
    }
  }

  private mutating func add(_ rule: ModelRule, _ group: LayeredNames.Group, _ message: String) {
    let tensor = group.tensor.map { checkpoint.tensors[$0] }
    findings.add(
      Finding(
        rule, in: tensor.map(path) ?? checkpoint.path, item: group.item,
        at: tensor?.byteRange.lowerBound, message))
  }

  private func path(of tensor: TensorDescriptor) -> String {
    checkpoint.files[tensor.fileIndex].file.path
  }
}
