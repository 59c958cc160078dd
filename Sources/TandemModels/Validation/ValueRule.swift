public import TandemBytes

/// Rules for the numbers in tensors.
public enum ValueRule: String, Rule {
  case notANumber = "VA001"
  case infinite = "VA002"
  case allZero = "VA003"
  case constant = "VA004"
  case neverTrained = "VA005"
  case neutral = "VA006"
  case freshPart = "VA007"

  public var severity: Severity {
    switch self {
    case .notANumber, .infinite: .error
    case .allZero, .constant, .neverTrained, .neutral: .warning
    case .freshPart: .note
    }
  }

  public var summary: String {
    switch self {
    case .notANumber: "a tensor holds NaN"
    case .infinite: "a tensor holds infinity"
    case .allZero: "a matrix, or a norm that multiplies, is zero throughout"
    case .constant: "a matrix has the same value throughout"
    case .neverTrained: "a matrix looks as an initialiser leaves it"
    case .freshPart: "a matrix of a part that not every use needs looks as an initialiser leaves it"
    case .neutral:
      "all norms multiply by exactly 1 and all biases are exactly 0, as before training"
    }
  }
}
