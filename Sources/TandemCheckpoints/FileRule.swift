public import TandemBytes

/// Rules for files of any format.
public enum FileRule: String, Rule {
  case empty = "FI001"
  case unrecognised = "FI002"
  case misleadingName = "FI003"
  case tooLarge = "FI004"
  case badElements = "FI005"
  case noScratch = "FI006"

  public var severity: Severity {
    switch self {
    case .empty, .unrecognised, .tooLarge, .badElements, .noScratch: .error
    case .misleadingName: .note
    }
  }

  public var summary: String {
    switch self {
    case .empty: "the file is empty"
    case .unrecognised: "the file is in no format that can be read"
    case .misleadingName: "the name of the file ends like that of another format"
    case .tooLarge: "tensors that must be put in place would take more room than is allowed"
    case .noScratch: "tensors cannot be put in place, because a file cannot be written"
    case .badElements: "the bytes of a tensor do not hold as many numbers as it has elements"
    }
  }
}
