/// A key of GGUF metadata and its value.
public struct MetadataPair: Sendable {
  public let key: String
  public let value: MetadataValue

  init(_ key: String, _ value: MetadataValue) {
    self.key = key
    self.value = value
  }
}

/// A value of GGUF metadata as translation makes it, by what it means.
public enum MetadataValue: Sendable {
  /// A number that is not negative: uint32, or uint64 if it is beyond that.
  case count(Int)
  /// float32.
  case number(Float)
  case flag(Bool)
  case text(String)
  /// An array of bool.
  case flags([Bool])
  /// An array of int32.
  case integers([Int32])
  /// An array of float32.
  case numbers([Float])
  /// An array of strings.
  case texts(TokenTexts)
}
