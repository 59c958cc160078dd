import Glibc

/// The two streams that a command writes to.
public enum StandardStream: Sendable {
  /// Results.
  case output
  /// Remarks, errors and progress.
  case error

  var descriptor: CInt {
    switch self {
    case .output: STDOUT_FILENO
    case .error: STDERR_FILENO
    }
  }

  /// Whether a person sees what is written.
  public var isTerminal: Bool { isatty(descriptor) != 0 }

  /// The number of columns of the terminal, nil if there is none.
  public var columnCount: Int? {
    guard isTerminal else { return nil }
    var size = winsize()
    // SAFETY: the kernel writes one winsize.
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// Whether colours are wanted: on a terminal, unless NO_COLOR is set or the terminal has none.
  public var allowsColour: Bool {
    let refusal = Environment.value("NO_COLOR") ?? ""
    return refusal.isEmpty && Environment.value("TERM") != "dumb" && isTerminal
  }
}

/// The variables of the process's environment.
public enum Environment {
  /// The value of a variable, nil if it is not set.
  public static func value(_ name: String) -> String? {
    // SAFETY: nothing in this process changes the environment; the text is copied at once.
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
