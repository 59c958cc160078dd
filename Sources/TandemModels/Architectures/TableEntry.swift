/// A single tensor of a family's table in one naming: a module's weight or its bias.
struct TableEntry: Sendable {
  let role: TensorRole
  let isBias: Bool
  /// The name, without the base model's prefix, `{}` for the layer.
  let template: String
  let isInBase: Bool
  let isLayered: Bool
  let shape: [Extent]
  let presence: Presence
  let change: GGUFChange
  /// The module's place in the table, the same in either naming.
  let moduleIndex: Int
}

extension Architecture {
  /// The table's tensors in one naming, in the order of use.
  func entries(_ naming: TensorNaming) -> [TableEntry] {
    modules.enumerated().flatMap { index, module -> [TableEntry] in
      let name = naming == .gguf ? module.gguf : module.huggingFace
      guard let name else { return [] }
      let isWhole = naming == .huggingFace && module.isWhole
      // A bias is as long as its weight's rows are many, whichever way round the weight lies.
      let isTransposed = naming == .huggingFace && module.change == .transposed
      let entry = { (isBias: Bool, template: String, shape: [Extent], presence: Presence) in
        TableEntry(
          role: module.role, isBias: isBias, template: template,
          isInBase: naming == .huggingFace && module.isInBase, isLayered: module.isLayered,
          shape: shape, presence: presence,
          change: isBias && module.change == .transposed ? .none : module.change,
          moduleIndex: index)
      }
      let weight = entry(
        false, isWhole ? name : name + ".weight",
        isTransposed ? module.shape.reversed() : module.shape, module.presence)
      if case .never = module.bias { return [weight] }
      return [weight, entry(true, name + ".bias", Array(module.shape.prefix(1)), module.bias)]
    }
  }

  /// The other template that an entry had in old files, nil if there is none.
  func oldTemplate(of entry: TableEntry) -> String? {
    guard let oldEndings, entry.role.isNorm || entry.template.contains("LayerNorm") else {
      return nil
    }
    let (ending, old) = entry.isBias ? ("bias", oldEndings.bias) : ("weight", oldEndings.weight)
    return String(entry.template.dropLast(ending.count)) + old
  }
}
