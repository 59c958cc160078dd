import TandemCheckpoints
import TandemTensors

/// The tensors of a checkpoint as reports list them, in an order of their own. Each entry is made
/// when it is asked for, because a small file may describe a great many.
struct TensorEntries: RandomAccessCollection, Sendable {
  private let tensors: [TensorDescriptor]
  /// The names of the files that hold them; empty if there is one only.
  private let files: [String]
  /// The tensors' indices; nil for all of them in the checkpoint's own order.
  private var order: [Int]?
  /// For each tensor of the checkpoint the payload that holds it; nil if each has bytes of its own.
  private let payloads: [Int]?

  init(_ checkpoint: Checkpoint, order: [Int]?, payloads: [Int]?) {
    tensors = checkpoint.tensors
    files = checkpoint.files.count > 1 ? checkpoint.files.map(\.name) : []
    self.order = order
    self.payloads = payloads
  }

  var startIndex: Int { 0 }
  var endIndex: Int { order?.count ?? tensors.count }

  subscript(place: Int) -> TensorEntry {
    let index = order?[place] ?? place
    let tensor = tensors[index]
    return TensorEntry(
      name: tensor.name, type: tensor.type, shape: tensor.shape, byteCount: tensor.byteCount,
      offset: tensor.byteRange.lowerBound,
      file: files.isEmpty ? nil : files[tensor.fileIndex], payload: payloads?[index])
  }

  /// The tensors at some places only, in their order.
  func at(_ places: [Int]) -> TensorEntries {
    var chosen = self
    chosen.order = order.map { order in places.map { order[$0] } } ?? places
    return chosen
  }
}
