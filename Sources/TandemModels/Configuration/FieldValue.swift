/// A typed value of a member's field, as a bundle stores it (`schemas/bundle.md`, section 4.6).
public enum FieldValue: Hashable, Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  case float(Double)
  case bool(Bool)
  case string(String)
  case list([UInt64])
}

/// A key–value pair of a member; lists of them ascend by the bytes of their keys.
public typealias Field = (key: String, value: FieldValue)
