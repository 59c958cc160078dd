public import TandemBytes

/// Rules for NumPy's `.npz` archives, beyond those for zip archives and for the arrays in them.
public enum NPZRule: String, Rule {
  case notArray = "NZ001"
  case leftOut = "NZ002"

  public var severity: Severity { .warning }

  public var summary: String {
    switch self {
    case .notArray: "a member is no array by its name"
    case .leftOut: "an array is left out because its elements are no numbers that can be read"
    }
  }
}
