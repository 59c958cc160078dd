import Synchronization
import TandemBytes

/// Shows how far a piece of work has come: on standard error, only if that is a terminal, and only
/// for work over a second.
///
///     let bar = ProgressBar("packing", totalByteCount: packer.byteCount)
///     try packer.write(progress: bar.advance)
///     bar.finish()
public final class ProgressBar: Sendable {
  private let title: String
  private let totalByteCount: Atomic<Int>
  private let start = ContinuousClock.now
  private let isShown: Bool
  private let doneByteCount = Atomic(0)
  private let state = Mutex(State())

  private struct State {
    /// When the line was drawn last, from the start; drawn before the first second has passed, it
    /// would flicker.
    var lastDraw: Duration = .milliseconds(900)
    var isDrawn = false
    var isFinished = false
  }

  private static let interval = Duration.milliseconds(100)

  public init(_ title: String, totalByteCount: Int = 0) {
    self.title = title
    self.totalByteCount = Atomic(totalByteCount)
    isShown = StandardStream.error.isTerminal
  }

  /// Adds bytes that are done; may be called from several threads.
  public func advance(_ byteCount: Int) {
    show(doneByteCount.add(byteCount, ordering: .relaxed).newValue)
  }

  /// Sets how much is done of how much; may be called from several threads.
  public func update(_ doneByteCount: Int, of totalByteCount: Int) {
    self.totalByteCount.store(totalByteCount, ordering: .relaxed)
    show(doneByteCount)
  }

  private func show(_ done: Int) {
    guard isShown else { return }
    // A thread that finds another one drawing goes on with its work.
    _ = state.withLockIfAvailable { state in
      let elapsed = ContinuousClock.now - start
      guard !state.isFinished, elapsed - state.lastDraw >= Self.interval else { return }
      state.lastDraw = elapsed
      state.isDrawn = true
      let line = ProgressLine(
        title: title, doneByteCount: done,
        totalByteCount: totalByteCount.load(ordering: .relaxed), elapsed: elapsed)
      Self.draw(line.text(width: StandardStream.error.columnCount ?? 80))
    }
  }

  /// Removes the line.
  public func finish() {
    state.withLock { state in
      if state.isDrawn { Self.draw("") }
      state.isFinished = true
    }
  }

  /// Puts a text in the place of the line.
  private static func draw(_ text: String) {
    let writer = StandardWriter(.error)
    writer.write("\r\u{1B}[2K" + text)
    // A line that cannot be shown is no reason to stop the work.
    try? writer.flush()
  }
}
