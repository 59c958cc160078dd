/// What a PyTorch checkpoint holds beside tensors: numbers and texts of an optimiser, options, …
public struct PyTorchMetadata: Hashable, Sendable {
  /// The index of the file in the checkpoint.
  public let fileIndex: Int
  /// Whether the file holds a TorchScript program, which is not read.
  public let isTorchScript: Bool
  /// In the order of the pickle.
  public let entries: [Entry]

  public struct Entry: Hashable, Sendable {
    /// The dotted path: `optimizer.param_groups.0.lr`.
    public let name: String
    public let value: PyTorchValue
  }
}

/// A value that is no tensor.
public indirect enum PyTorchValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case text(String)
  case list([PyTorchValue])
  /// What it is, where its content is not read: `numpy.ndarray`, `a list of 1000 elements`.
  case other(String)
}

extension PyTorchValue {
  /// About the bytes that its texts and elements take in memory.
  var byteCount: Int {
    switch self {
    case .text(let text), .other(let text): text.utf8.count
    case .list(let values): values.reduce(32) { $0 + 56 + $1.byteCount }
    default: 0
    }
  }
}

extension PyTorchValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .none: "None"
    case .bool(let flag): "\(flag)"
    case .int(let number): "\(number)"
    case .float(let number): "\(number)"
    case .text(let text): text
    case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
    case .other(let phrase): phrase
    }
  }
}
