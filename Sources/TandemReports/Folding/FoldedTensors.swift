import TandemTensors

/// Tensors folded by repetition: those that differ only in the numbers of their names are one row.
///
/// Needs no knowledge of the model: a layer is what has the same text before its first number.
struct FoldedTensors: Sendable {
  /// Tensors of one kind.
  struct Row: Sendable, Hashable {
    /// The name without what the group has in common; further numbers as ranges in braces.
    let name: String
    let type: ElementType
    let shape: Shape
    /// The layers that have it; empty outside layers.
    let layers: IndexRanges
    /// How many tensors it stands for.
    let count: Int
    let byteCount: Int
  }

  /// The layers of one stack.
  struct Stack: Sendable, Hashable {
    /// What stands before the layer's number: `model.layers.`.
    let prefix: String
    let layers: IndexRanges
    let rows: [Row]

    var byteCount: Int { rows.map(\.byteCount).total }

    /// `model.layers.0–29 ×30`.
    var title: String { "\(prefix)\(layers) ×\(layers.count)" }
  }

  /// The places of the tensors that belong to no layer.
  let single: [Int]
  let stacks: [Stack]

  /// Folds tensors; rows and stacks stand in the order of their first tensors.
  ///
  /// - Complexity: O(*n*) in the number of tensors, expected.
  init(_ tensors: some RandomAccessCollection<TensorEntry>) {
    var builder = Builder()
    for (place, tensor) in tensors.enumerated() { builder.add(tensor, at: place) }
    (single, stacks) = builder.finish()
  }
}

extension FoldedTensors.Row {
  /// A tensor that belongs to no layer.
  init(_ tensor: TensorEntry) {
    self.init(
      name: tensor.name, type: tensor.type, shape: tensor.shape, layers: IndexRanges([]),
      count: 1, byteCount: tensor.byteCount)
  }
}

extension FoldedTensors {
  private struct Builder {
    private struct Key: Hashable {
      let stack: Int
      let rest: String
      let type: ElementType
      let shape: Shape
    }

    /// What is collected for a row.
    private struct Draft {
      let key: Key
      /// The place of the first tensor.
      let first: Int
      var layers: [Int] = []
      /// For each further number of the name, its values.
      var inner: [Set<Int>]
      var byteCount = 0
    }

    private var stackNumbers: [String: Int] = [:]
    private var rowsOfStack: [[Int]] = []
    private var single: [Int] = []
    private var rowOfKey: [Key: Int] = [:]
    private var drafts: [Draft] = []

    mutating func add(_ tensor: TensorEntry, at place: Int) {
      let name = NumberedName(tensor.name)
      guard let prefix = name.stack else { return single.append(place) }
      let stack = stackNumbers[prefix, default: rowsOfStack.count]
      if stack == rowsOfStack.count {
        stackNumbers[prefix] = stack
        rowsOfStack.append([])
      }
      let key = Key(stack: stack, rest: name.rest, type: tensor.type, shape: tensor.shape)
      let row = rowOfKey[key, default: drafts.count]
      if row == drafts.count {
        rowOfKey[key] = row
        rowsOfStack[stack].append(row)
        let inner = [Set<Int>](repeating: [], count: name.innerIndices.count)
        drafts.append(Draft(key: key, first: place, inner: inner))
      }
      drafts[row].layers.append(name.index)
      drafts[row].byteCount = drafts[row].byteCount.plus(tensor.byteCount)
      for (place, value) in name.innerIndices.enumerated() {
        drafts[row].inner[place].insert(value)
      }
    }

    func finish() -> (single: [Int], stacks: [Stack]) {
      var single = single
      var stacks: [Stack] = []
      let prefixes = stackNumbers.sorted { $0.value < $1.value }.map(\.key)
      for (prefix, rows) in zip(prefixes, rowsOfStack) {
        let layers = IndexRanges(rows.lazy.flatMap { drafts[$0].layers })
        if layers.count == 1, rows.allSatisfy({ drafts[$0].layers.count == 1 }) {
          // One of a kind is no repetition.
          single += rows.map { drafts[$0].first }
        } else {
          stacks.append(Stack(prefix: prefix, layers: layers, rows: rows.map(row(at:))))
        }
      }
      return (single.sorted(), stacks)
    }

    private func row(at index: Int) -> Row {
      let draft = drafts[index]
      let ranges = draft.inner.map { IndexRanges($0).description }
      return Row(
        name: NumberedName.filling(draft.key.rest, with: ranges), type: draft.key.type,
        shape: draft.key.shape, layers: IndexRanges(draft.layers), count: draft.layers.count,
        byteCount: draft.byteCount)
    }
  }
}
