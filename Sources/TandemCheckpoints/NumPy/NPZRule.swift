public import TandemBytes

/// Rules for what an archive of NumPy arrays can hold.
public enum NPZRule: String, Rule {
  case noType = "NZ001"
  case badName = "NZ002"
  case duplicateName = "NZ003"
  case tooLarge = "NZ004"

  public var severity: Severity { .error }

  public var summary: String {
    switch self {
    case .noType: "NumPy has no type for the elements of a tensor that is to be written"
    case .badName:
      "a tensor that is to be written has a name that cannot be one of a file in an archive"
    case .duplicateName: "two tensors that are to be written have the same name"
    case .tooLarge: "the archive that is to be written would have over 2^63-1 bytes"
    }
  }
}
