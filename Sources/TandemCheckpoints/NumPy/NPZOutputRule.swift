public import TandemBytes

/// Rules for what an archive of NumPy arrays can hold.
public enum NPZOutputRule: String, Rule {
  case noType = "NO001"
  case badName = "NO002"
  case duplicateName = "NO003"
  case tooLarge = "NO004"

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
