public import TandemBytes

/// Rules for what can go into a bundle and come out of it on any system.
public enum PackRule: String, Rule {
  case name = "PK001"
  case sectionCount = "PK002"
  case sectionSize = "PK003"
  case empty = "PK004"

  public var severity: Severity { .error }

  public var summary: String {
    switch self {
    case .name: "a file's name could not be written again on every system"
    case .sectionCount: "there are more documents than a bundle can hold"
    case .sectionSize: "a document is larger than a bundle can hold"
    case .empty: "there is nothing to pack"
    }
  }
}
