/// What an ONNX model says about itself.
public struct ONNXMetadata: Sendable, Hashable {
  /// A set of operators that the model uses.
  public struct OperatorSet: Sendable, Hashable {
    /// Empty for ONNX's own operators.
    public let domain: String
    public let version: Int
  }

  /// A key and a value that its maker added.
  public struct Property: Sendable, Hashable {
    public let key: String
    public let value: String
  }

  /// The version of the format; nil if it is not said.
  public internal(set) var irVersion: Int?
  public internal(set) var producerName = ""
  public internal(set) var producerVersion = ""
  public internal(set) var domain = ""
  public internal(set) var modelVersion: Int?
  public internal(set) var graphName = ""
  public internal(set) var operatorSets: [OperatorSet] = []
  public internal(set) var properties: [Property] = []
  /// The nodes of the main graph.
  public internal(set) var nodeCount = 0
  /// The functions that the model defines.
  public internal(set) var functionCount = 0

  /// The longest text that is kept, in bytes; the rest is cut off.
  static let textByteLimit = 1 << 16
  /// The most operator sets, and properties, that are kept.
  static let countLimit = 1000
}
