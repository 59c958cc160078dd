import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Finds for each tensor of a model its name, shape and change in the other convention.
///
/// The architecture's table says all of it; nothing here names a tensor.
struct TensorTranslation {
  private(set) var tensors: [TranslatedTensor] = []
  private(set) var dropped: [DroppedTensor] = []
  private(set) var findings = Findings()
  private let checkpoint: Checkpoint
  private let model: ModelConfiguration
  private let source: TensorMap
  private let target: TensorMap
  /// Whether a tensor without a name in the other convention may be left out.
  private let leavesOut: (String) -> Bool

  /// - Complexity: O(tensors); tensor data are not touched.
  init(
    _ checkpoint: Checkpoint, _ model: ModelConfiguration, _ source: TensorMap,
    to target: TensorMap, leavesOut: @escaping (String) -> Bool
  ) {
    self.checkpoint = checkpoint
    self.model = model
    self.source = source
    self.target = target
    self.leavesOut = leavesOut
    translateStored()
    if target.naming == .gguf { addRotaryFactors() }
    let order = FirstUseOrder.indices(tensors.map(\.name), target)
    tensors = order.map { tensors[$0] }
    reportDropped()
  }

  private mutating func translateStored() {
    var unmapped = LayeredNames()
    var names: [ExactText: Int] = [:]
    for (index, tensor) in checkpoint.tensors.enumerated() {
      guard let place = source.place(of: tensor.name) else {
        if leavesOut(tensor.name) {
          dropped.append(DroppedTensor(index: index, reason: .unused))
        } else {
          unmapped.add(tensor.name, tensor: index)
        }
        continue
      }
      if let reason = reasonToDrop(place) {
        dropped.append(DroppedTensor(index: index, reason: reason))
        continue
      }
      guard let name = target.name(of: place) else {
        dropped.append(DroppedTensor(index: index, reason: .unused))
        continue
      }
      if let other = names.updateValue(index, forKey: ExactText(name)) {
        add(
          .sameName, tensor,
          "the tensor becomes '\(name)', and so does '\(checkpoint.tensors[other].name)'")
        continue
      }
      translate(tensor, index, place, name)
    }
    for group in unmapped.all {
      findings.add(
        Finding(
          TranslationRule.unmappedTensor, in: checkpoint.path, item: group.item,
          "\(group.subject("has", "have")) no name in \(target.naming.phrase) for the architecture \(target.architecture.name)",
          remedy: "leave it out with --exclude, or keep all names with --as-is"))
    }
  }

  private func reasonToDrop(_ place: TensorPlace) -> DroppedTensor.Reason? {
    switch place.role {
    case .buffer: .buffer
    case .head where model.tiesEmbeddings && target.name(of: place) != nil: .tiedHead
    case .ropeFactors where target.naming == .huggingFace: .inConfiguration
    default: nil
    }
  }

  private mutating func translate(
    _ tensor: TensorDescriptor, _ index: Int, _ place: TensorPlace, _ name: String
  ) {
    guard let change = change(tensor, place) else {
      return add(
        .unfitShape, tensor,
        "the shape \(tensor.shape) does not allow to \(place.change.phrase(model))")
    }
    tensors.append(
      TranslatedTensor(
        name: name, shape: change.shape(tensor.shape), source: .stored(index), change: change,
        needsF32: target.naming == .gguf && TranslatedTensor.needsF32InGGUF(name, tensor.shape)))
  }

  /// What a tensor's data go through, nil if its shape does not allow it.
  private func change(_ tensor: TensorDescriptor, _ place: TensorPlace) -> TensorChange? {
    let isToGGUF = target.naming == .gguf
    func rows(_ headCount: Int) -> TensorChange? {
      guard let rowCount = tensor.shape.dimensions.first, headCount > 0,
        rowCount > 0, rowCount.isMultiple(of: 2 * headCount)
      else { return nil }
      return .rows(RowOrder(headSize: rowCount / headCount, isInterleaving: isToGGUF))
    }
    switch place.change {
    case .none: return TensorChange.none
    case .transposed: return tensor.shape.rank == 2 ? .transposed : nil
    case .queryRowsInterleaved: return rows(model.headCount)
    case .keyRowsInterleaved: return rows(model.keyValueHeadCount)
    case .oneAdded: return .addition(isToGGUF ? 1 : -1)
    }
  }

  /// Adds the tensors that GGUF has for what transformers keeps in its configuration: factors of
  /// single rotary frequencies.
  private mutating func addRotaryFactors() {
    guard let scaling = model.ropeScaling else { return }
    var lists = [(RopeScaling.factorTensor, model.rotaryFactors ?? [])]
    for key in RopeScaling.listKeys {
      lists.append((key.gguf[0], (scaling.lists[key.huggingFace[0]] ?? []).map { Float($0) }))
    }
    for (name, numbers) in lists where !numbers.isEmpty && target.place(of: name) != nil {
      tensors.append(
        TranslatedTensor(
          name: name, shape: [numbers.count], source: .numbers(numbers), change: .none,
          needsF32: true))
    }
  }

  /// Says what is left out and may be missed; buffers and tied heads are not.
  private mutating func reportDropped() {
    var unused = LayeredNames()
    for tensor in dropped where tensor.reason == .unused {
      unused.add(checkpoint.tensors[tensor.index].name, tensor: tensor.index)
    }
    for group in unused.all {
      findings.add(
        Finding(
          TranslationRule.droppedTensor, in: checkpoint.path, item: group.item,
          "\(group.subject("is", "are")) left out: \(target.naming.phrase) has no place for what it does"
        ))
    }
  }

  private mutating func add(
    _ rule: TranslationRule, _ tensor: TensorDescriptor, _ message: String
  ) {
    findings.add(
      Finding(
        rule, in: checkpoint.files[tensor.fileIndex].file.path, item: tensor.name,
        at: tensor.byteRange.lowerBound, message))
  }
}

extension TensorNaming {
  /// The convention, for a person.
  var phrase: String {
    switch self {
    case .huggingFace: "transformers"
    case .gguf: "GGUF"
    }
  }
}

extension GGUFChange {
  /// What is done, behind "to".
  fileprivate func phrase(_ model: ModelConfiguration) -> String {
    switch self {
    case .none: "leave it as it is"
    case .transposed: "exchange rows and columns"
    case .queryRowsInterleaved: "reorder the rows of \(model.headCount) heads in pairs"
    case .keyRowsInterleaved: "reorder the rows of \(model.keyValueHeadCount) heads in pairs"
    case .oneAdded: "add one"
    }
  }
}
