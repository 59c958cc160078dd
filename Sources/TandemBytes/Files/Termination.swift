import CTandem
import Glibc
import Synchronization

/// What the process does when a signal ends it.
public enum Termination {
  /// Removes temporary files on SIGINT, SIGTERM, SIGHUP and SIGPIPE, which then end the process
  /// as ever, and turns SIGBUS, which a mapped file that was shortened raises, into one sentence
  /// that names the file, and exit code 2.
  ///
  /// SIGPIPE ends the process even if its parent ignores the signal, so that a pipe's closed end is
  /// never an error message. The others stay ignored where the parent ignores them, as `nohup`
  /// does.
  public static func installHandlers() {
    // What is made at its first use must not be made in a handler.
    TemporaryName.removeAll()
    _ = isEnding.load(ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
      install(number, endedBySignal)
    }
    install(SIGPIPE, endedBySignal)
    installForShortFile()
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

  /// The handler of SIGBUS is told the address, by which the file is named.
  private static func installForShortFile() {
    var action = sigaction()
    action.sa_flags = SA_SIGINFO
    unsafe action.__sigaction_handler.sa_sigaction = { number, information, _ in
      // SAFETY: the kernel passes what SA_SIGINFO promises: an address if it raised the signal, which
      // the codes above 0 say.
      guard let information = unsafe information, unsafe information.pointee.si_code > 0 else {
        return endedBySignal(number)
      }
      let address = unsafe information.pointee._sifields._sigfault.si_addr
      endedByShortFile(UInt(bitPattern: address))
    }
    unsafe _ = sigaction(SIGBUS, &action, nil)
  }
}

/// Ends as the signal's default action would, after removing temporary files.
func endedBySignal(_ number: CInt) {
  TemporaryName.removeAll()
  _ = signal(number, SIG_DFL)
  raise(number)
}

private func endedByShortFile(_ address: UInt) {
  // One thread reports; others that fault meanwhile wait for the end.
  if isEnding.exchange(true, ordering: .relaxed) { while true { pause() } }
  tk_report_short_file(STDERR_FILENO, address)
  TemporaryName.removeAll()
  _exit(2)
}

private let isEnding = Atomic(false)
