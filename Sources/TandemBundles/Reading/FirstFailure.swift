import Synchronization
import TandemBytes

/// The failure of the earliest piece of work that several threads share, so that the message does
/// not depend on who was first.
final class FirstFailure: Sendable {
  private let state = Mutex<(order: Int, finding: Finding)?>(nil)

  func set(_ finding: Finding, order: Int) {
    state.withLock { first in
      if order < first?.order ?? .max { first = (order, finding) }
    }
  }

  func throwIfSet() throws(Finding) {
    if let first = state.withLock({ $0 }) { throw first.finding }
  }
}
