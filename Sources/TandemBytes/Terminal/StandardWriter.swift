import Glibc

/// Writes text to standard output or standard error, in large pieces.
///
/// A reader that goes away ends the process as `SIGPIPE` does, quietly; any other failure is kept
/// until ``flush()``.
public final class StandardWriter {
  private let stream: StandardStream
  private var buffer: [UInt8] = []
  private var failure: FileError?

  private static let capacity = 1 << 16

  public init(_ stream: StandardStream) {
    self.stream = stream
  }

  /// Takes a text, and writes what has been collected when it is much.
  public func write(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.capacity { drain() }
  }

  /// Writes what has been collected.
  ///
  /// - Throws: ``FileError`` if this or an earlier piece could not be written.
  public func flush() throws(FileError) {
    drain()
    if let failure { throw failure }
  }

  private func drain() {
    defer { buffer.removeAll(keepingCapacity: true) }
    var done = 0
    while done < buffer.count, failure == nil {
      let rest = buffer.rawSpan.extracting(done..<buffer.count)
      // SAFETY: write reads at most the buffer's bytes before the closure returns.
      let count = retryingInterrupts {
        unsafe rest.withUnsafeBytes {
          unsafe Glibc.write(stream.descriptor, $0.baseAddress, $0.count)
        }
      }
      if count > 0 {
        done += count
      } else {
        let name = stream == .output ? "standard output" : "standard error"
        failure = FileError(name, "write", errno: errno)
      }
    }
  }
}
