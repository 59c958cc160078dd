public import TandemBytes

/// Rules for what can go into a bundle and come out of it on any system.
public enum PackRule: String, Rule {
  case name = "PK001"
  case sectionCount = "PK002"
  case sectionSize = "PK003"
  case empty = "PK004"
  case transform = "PK005"
  case noMember = "PK006"

  public var severity: Severity { .error }

  public var summary: String {
    switch self {
    case .name: "a file's name could not be written again on every system"
    case .sectionCount: "there are more documents than a bundle can hold"
    case .sectionSize: "a document is larger than a bundle can hold"
    case .empty: "there is nothing to pack"
    case .transform: "a member's format cannot hold the types that it is to get"
    case .noMember: "a member that is not there is to get other types"
    }
  }
}
