/// Why a command could not do its work, where that is no flaw of what a file holds.
public enum CommandRule: String, Rule {
  case file = "CM001"
  case usage = "CM002"
  case work = "CM003"

  public var severity: Severity { .error }

  public var summary: String {
    switch self {
    case .file: "the operating system, or the kind of a file, does not allow what was asked"
    case .usage: "the command line cannot be understood"
    case .work: "a model cannot go on with what it was given"
    }
  }
}

extension FileError {
  /// The error in the form of a finding, for output that programs read.
  public var finding: Finding {
    Finding(CommandRule.file, in: path, "cannot \(operation): \(reason)")
  }
}
