public import TandemTensors

/// What of a checkpoint or bundle is shown.
public struct InspectOptions: Sendable {
  /// Whether every tensor has a line, instead of each kind of tensor.
  public var listsAllTensors = false
  /// Which tensors are listed: those that match one; all if there are none.
  public var filters: [Glob] = []
  /// The order of the tensors; nil for that of their use.
  public var order: TensorOrder?
  /// The positions to plan memory for; nil for what the model allows.
  public var contextLength: Int?
  /// The sequences to plan memory for.
  public var batchSize = 1
  /// Whether metadata and the chat template are shown.
  public var showsMetadata = false

  public init() {}

  /// Whether single tensors are wanted.
  var wantsTensors: Bool { listsAllTensors || !filters.isEmpty || order != nil }

  /// The tensors that are listed, in their order.
  func selected(_ tensors: TensorEntries) -> TensorEntries {
    let chosen =
      filters.isEmpty
      ? tensors
      : tensors.at(
        tensors.indices.filter { place in
          filters.contains { $0.matches(tensors[place].name) }
        })
    return order?.sorted(chosen) ?? chosen
  }
}

/// An order of tensors in a list.
public enum TensorOrder: String, CaseIterable, Sendable {
  case name, size, offset, dtype

  func sorted(_ tensors: TensorEntries) -> TensorEntries {
    switch self {
    case .name: sorted(tensors) { $0.name < $1.name }
    case .size: sorted(tensors) { $0.byteCount > $1.byteCount }
    case .offset:
      sorted(tensors) { ($0.file ?? "", $0.offset) < ($1.file ?? "", $1.offset) }
    case .dtype: sorted(tensors) { $0.type.rawValue < $1.type.rawValue }
    }
  }

  /// Sorts, and leaves equal ones in their order.
  private func sorted(
    _ tensors: TensorEntries, by precedes: (TensorEntry, TensorEntry) -> Bool
  ) -> TensorEntries {
    tensors.at(
      tensors.indices.sorted { left, right in
        if precedes(tensors[left], tensors[right]) { return true }
        return left < right && !precedes(tensors[right], tensors[left])
      })
  }
}
