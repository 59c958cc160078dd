/// The value of a field of a member or a relation, as a bundle stores it (`schemas/bundle.md`,
/// section 4.6).
public enum FieldValue: Hashable, Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  case float(Double)
  case bool(Bool)
  case string(String)
  case list([UInt64])
}
