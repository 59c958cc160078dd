/// The `__metadata__` of one safetensors file.
public struct SafetensorsMetadata: Hashable, Sendable {
  /// The index of the file in the checkpoint.
  public let fileIndex: Int
  /// Key–value pairs in the order of the file.
  public let pairs: [Pair]

  public struct Pair: Hashable, Sendable {
    public let key: String
    public let value: String

    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }
}
