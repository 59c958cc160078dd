public import TandemBytes

/// The type of a GGUF value; raw values as in the file.
public enum GGUFValueType: UInt32, Sendable, CaseIterable {
  case uint8 = 0
  case int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// The size of a value, nil if it depends on the value.
  public var byteCount: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
}

/// An array in GGUF metadata: read element by element from the mapped file, never as a whole.
public struct GGUFArray: Hashable, Sendable {
  /// Never `array`.
  public let elementType: GGUFValueType
  public let count: Int
  /// The elements' bytes in the file.
  public let byteRange: Range<Int>
}

/// A GGUF value.
public enum GGUFValue: Hashable, Sendable {
  /// Any of the unsigned types.
  case unsigned(UInt64)
  /// Any of the signed types.
  case signed(Int64)
  /// float32 or float64.
  case float(Double)
  case bool(Bool)
  case string(String)
  case array(GGUFArray)
}

/// The key–value pairs of a GGUF file.
public struct GGUFMetadata: Sendable {
  /// One pair.
  public struct Entry: Sendable {
    public let key: String
    public let type: GGUFValueType
    public let value: GGUFValue
    /// The pair's bytes in the file: key, type and value.
    public let byteRange: Range<Int>
    /// The value's bytes without its type.
    public let valueByteRange: Range<Int>
  }

  /// The file that the ranges refer to: the first of a split model.
  public let file: MappedFile
  /// 2 or 3.
  public let version: Int
  /// The alignment of tensor data.
  public let alignment: Int
  /// The pairs in the order of the file.
  public let entries: [Entry]
  /// The place of each key in ``entries``.
  let indices: [ExactText: Int]
}
