public import TandemBytes

/// Rules for files of any format.
public enum FileRule: String, Rule {
  case empty = "FI001"
  case unrecognised = "FI002"

  public var severity: Severity { .error }

  public var summary: String {
    switch self {
    case .empty: "the file is empty"
    case .unrecognised: "the file is in no format that can be read"
    }
  }
}
