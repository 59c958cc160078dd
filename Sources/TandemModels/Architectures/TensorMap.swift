/// Finds for the tensor names of one checkpoint what they mean, and the other way round.
///
/// In transformers' naming the prefix of the base model may be there or not, but is the same for
/// all.
public struct TensorMap: Sendable {
  public let architecture: Architecture
  public let naming: TensorNaming
  /// What stands before the names of the base model: that with which most names are known.
  public let prefix: String
  let entries: [TableEntry]
  private let indices: [String: Int]
  let firstLayered: Int

  public init(_ architecture: Architecture, _ naming: TensorNaming, names: some Collection<String>)
  {
    let entries = architecture.entries(naming)
    let candidates = naming == .gguf ? [""] : architecture.prefixes
    var best = (count: -1, prefix: "", indices: [String: Int]())
    for prefix in candidates {
      let indices = Self.indices(entries, prefix, architecture)
      let count =
        candidates.count == 1 ? 0 : names.count { indices[NameTemplate($0).text] != nil }
      if count > best.count { best = (count, prefix, indices) }
    }
    self.architecture = architecture
    self.naming = naming
    self.entries = entries
    self.prefix = best.prefix
    self.indices = best.indices
    self.firstLayered = entries.firstIndex(where: \.isLayered) ?? entries.count
  }

  /// The names of tensors that are to be written.
  ///
  /// - Parameter prefix: What stands before the names of the base model; nothing does in GGUF.
  init(_ architecture: Architecture, _ naming: TensorNaming, prefix: String) {
    let prefix = naming == .gguf ? "" : prefix
    self.architecture = architecture
    self.naming = naming
    self.prefix = prefix
    entries = architecture.entries(naming)
    indices = Self.indices(entries, prefix, architecture)
    firstLayered = entries.firstIndex(where: \.isLayered) ?? entries.count
  }

  /// What a tensor is, nil if the architecture has none of this name.
  public func place(of name: String) -> TensorPlace? {
    let template = NameTemplate(name)
    guard let index = indices[template.text] else { return nil }
    let entry = entries[index]
    return TensorPlace(
      role: entry.role, isBias: entry.isBias, layer: template.layer, change: entry.change,
      moduleIndex: entry.moduleIndex, entryIndex: index)
  }

  /// The name of a tensor that another map of the same architecture has placed, nil if it has none
  /// in this naming.
  public func name(of place: TensorPlace) -> String? {
    let entry = entries.first { $0.moduleIndex == place.moduleIndex && $0.isBias == place.isBias }
    return entry.map { name($0, layer: place.layer) }
  }

  /// The name of a tensor with a role, nil if the architecture has none.
  public func name(of role: TensorRole, isBias: Bool = false, layer: Int? = nil) -> String? {
    entries.first { $0.role == role && $0.isBias == isBias }.map { name($0, layer: layer) }
  }

  /// Whether a model with a configuration cannot be without the tensors of a role.
  public func isRequired(
    _ role: TensorRole, isBias: Bool = false, in model: ModelConfiguration
  ) -> Bool {
    let entry = entries.first { $0.role == role && $0.isBias == isBias }
    return entry?.presence.requirement(model) == .required
  }

  /// The tensors that a model with a configuration has, or may have, in the order of their use.
  ///
  /// - Complexity: O(layers).
  public func expectedTensors(_ model: ModelConfiguration) -> [ExpectedTensor] {
    var expected: [ExpectedTensor] = []
    func add(_ entries: some Sequence<TableEntry>, layer: Int?) {
      for entry in entries {
        let requirement = entry.presence.requirement(model)
        guard requirement != .none else { continue }
        expected.append(
          ExpectedTensor(
            name: name(entry, layer: layer), role: entry.role, isBias: entry.isBias, layer: layer,
            requirement: requirement, extents: entry.shape,
            dimensions: entry.shape.map { $0.size(model) }))
      }
    }
    let layered = entries.filter(\.isLayered)
    add(entries[..<firstLayered].filter { !$0.isLayered }, layer: nil)
    for layer in 0..<model.layerCount { add(layered, layer: layer) }
    add(entries[firstLayered...].filter { !$0.isLayered }, layer: nil)
    return expected
  }

  private func name(_ entry: TableEntry, layer: Int?) -> String {
    let template = (entry.isInBase ? prefix : "") + entry.template
    return layer.map { NameTemplate.fill(template, with: $0) } ?? template
  }

  private static func indices(
    _ entries: [TableEntry], _ prefix: String, _ architecture: Architecture
  ) -> [String: Int] {
    var indices: [String: Int] = [:]
    for (index, entry) in entries.enumerated() {
      let prefix = entry.isInBase ? prefix : ""
      indices[prefix + entry.template] = index
      if let old = architecture.oldTemplate(of: entry) { indices[prefix + old] = index }
    }
    return indices
  }
}

extension Architecture {
  /// Whether models of the family have, or may have, tensors of a role.
  public func has(_ role: TensorRole) -> Bool { modules.contains { $0.role == role } }

  /// The tensors that a model with a configuration has, or may have, under the usual names and in
  /// the order of their use.
  ///
  /// - Complexity: O(layers).
  public func expectedTensors(
    _ model: ModelConfiguration, naming: TensorNaming
  ) -> [ExpectedTensor] {
    TensorMap(self, naming, names: []).expectedTensors(model)
  }
}

/// What a tensor of a checkpoint is in its model.
public struct TensorPlace: Hashable, Sendable {
  public let role: TensorRole
  public let isBias: Bool
  /// From 0; nil for tensors outside layers.
  public let layer: Int?
  /// How its values differ between transformers and GGUF.
  public let change: GGUFChange
  let moduleIndex: Int
  let entryIndex: Int
}

/// A tensor that a model with a given configuration has, or may have.
public struct ExpectedTensor: Sendable {
  public let name: String
  public let role: TensorRole
  public let isBias: Bool
  /// From 0; nil for tensors outside layers.
  public let layer: Int?
  public let requirement: Requirement
  let extents: [Extent]
  /// The extents, outermost first, nil where any is allowed; empty for a buffer, which may have any
  /// shape.
  public let dimensions: [Int?]

  /// Whether a shape is as expected.
  public func allows(_ shape: [Int]) -> Bool {
    requirement == .ignored
      || dimensions.count == shape.count
        && zip(dimensions, shape).allSatisfy { $0 == nil || $0 == $1 }
  }
}
