import Glibc
import Synchronization

/// Whether somebody has pressed Ctrl-C, for work that ends by itself then.
public enum Interruption {
  private static let isRequestedFlag = Atomic<Bool>(false)

  /// Whether SIGINT has come since ``watch()``.
  public static var isRequested: Bool { isRequestedFlag.load(ordering: .relaxed) }

  /// Lets SIGINT be noted from now on; a second one ends the process as ever.
  public static func watch() {
    isRequestedFlag.store(false, ordering: .relaxed)
    Termination.install(SIGINT, noteInterruption)
  }

  /// Lets SIGINT end the process again.
  public static func unwatch() { Termination.install(SIGINT, endedBySignal) }

  fileprivate static func note() { isRequestedFlag.store(true, ordering: .relaxed) }
}

private func noteInterruption(_ number: CInt) {
  Interruption.note()
  Interruption.unwatch()
}

extension Interruption {
  /// Ends the process as SIGINT does, so that a script that called it ends too.
  public static func endProcess() -> Never {
    endedBySignal(SIGINT)
    // Only a process that blocks the signal comes here.
    exit(130)
  }
}
