/// The six kinds of JSON value.
public enum JSONKind: Hashable, Sendable, CustomStringConvertible {
  case object, array, string, number, bool, null

  /// The kind with its article: "an object".
  public var description: String {
    switch self {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .number: "a number"
    case .bool: "true or false"
    case .null: "null"
    }
  }
}

/// A JSON number without loss.
public enum JSONNumber: Hashable, Sendable {
  /// An integer without a minus sign.
  case unsigned(UInt64)
  /// An integer with a minus sign, `-0` among them.
  case negative(Int64)
  /// A number with a fraction or an exponent, or NaN and the infinities where they are allowed.
  case double(Double)
}
