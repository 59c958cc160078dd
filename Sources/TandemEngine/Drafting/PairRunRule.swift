public import TandemBytes

/// Rules for what a bundle's pair must be for the mode in which it is to be run.
public enum PairRunRule: String, Rule {
  case noSecondary = "EP001"
  case otherKind = "EP002"
  case blockLength = "EP003"
  case noRouter = "EP004"
  case field = "EP005"
  case draftMap = "EP006"

  public var severity: Severity { .error }

  public var summary: String {
    switch self {
    case .noSecondary: "the bundle has no secondary, which the mode needs"
    case .otherKind: "the mode needs a pair of another kind"
    case .blockLength: "a block length is beyond those that the pair allows"
    case .noRouter: "the block length is to adapt, and the pair has no router to decide it"
    case .field: "a relation lacks a field that an engine must know, or has it in another form"
    case .draftMap: "the secondary's map to the primary's tokens leads nowhere"
    }
  }
}
