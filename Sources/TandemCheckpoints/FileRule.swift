public import TandemBytes

/// Rules for files of any format.
public enum FileRule: String, Rule {
  case empty = "FI001"
  case unrecognised = "FI002"
  case misleadingName = "FI003"

  public var severity: Severity {
    switch self {
    case .empty, .unrecognised: .error
    case .misleadingName: .note
    }
  }

  public var summary: String {
    switch self {
    case .empty: "the file is empty"
    case .unrecognised: "the file is in no format that can be read"
    case .misleadingName: "the name of the file ends like that of another format"
    }
  }
}
