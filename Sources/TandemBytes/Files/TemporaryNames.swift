import Glibc
import Synchronization

/// The temporary files that have a name now, so that a signal can remove them.
///
/// Almost always empty: most files have no name before they are complete.
enum TemporaryNames {
  private static let names = Mutex<Set<String>>([])

  static func add(_ path: String) { names.withLock { _ = $0.insert(path) } }

  static func forget(_ path: String) { names.withLock { _ = $0.remove(path) } }

  static func remove(_ path: String) {
    unsafe _ = unlink(path)
    forget(path)
  }

  /// Removes them all; false if they are just being changed.
  static func removeAll() {
    _ = names.withLockIfAvailable { names in
      for name in names { unsafe _ = unlink(name) }
      names = []
    }
  }
}

/// What the process does when a signal ends it.
public enum Termination {
  /// Removes temporary files on SIGINT, SIGTERM, SIGHUP and SIGPIPE, which then end the process
  /// as ever, and turns SIGBUS, which a mapped file that was shortened raises, into one sentence
  /// and exit code 2.
  ///
  /// SIGPIPE ends the process even if its parent ignores the signal, so that a pipe's closed end is
  /// never an error message. The others stay ignored where the parent ignores them, as `nohup`
  /// does.
  public static func installHandlers() {
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
      install(number, endedBySignal)
    }
    install(SIGPIPE, endedBySignal)
    install(SIGBUS, endedByShortFile)
  }

  private static func isIgnored(_ number: CInt) -> Bool {
    var action = sigaction()
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    // SAFETY: a handler is a function's address or one of the small numbers SIG_DFL and SIG_IGN.
    let handler = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: UInt.self)
    return unsafe handler == unsafeBitCast(SIG_IGN, to: UInt.self)
  }

  static func install(_ number: CInt, _ handler: @escaping @convention(c) (CInt) -> Void) {
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = handler
    unsafe _ = sigaction(number, &action, nil)
  }
}

/// Ends as the signal's default action would, after removing temporary files.
func endedBySignal(_ number: CInt) {
  TemporaryNames.removeAll()
  _ = signal(number, SIG_DFL)
  raise(number)
}

private func endedByShortFile(_ number: CInt) {
  let text: StaticString =
    "tandem: a file became shorter while it was read; try again when nobody changes it\n"
  // SAFETY: a static string lives for ever, and write(2) may be called in a signal handler.
  unsafe _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  TemporaryNames.removeAll()
  _exit(2)
}
