import Glibc

/// Reads standard input to its end.
public enum StandardReader {
  /// The bytes that a text on standard input may have.
  public static let byteLimit = 1 << 30

  /// Whether somebody types it.
  public static var isTerminal: Bool { isatty(STDIN_FILENO) != 0 }

  /// All bytes up to the end.
  ///
  /// - Throws: ``FileError`` if they cannot be read, or are more than ``byteLimit``.
  public static func readAll() throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: read writes at most the buffer's bytes before the closure returns.
      let count = retryingInterrupts {
        unsafe buffer.withUnsafeMutableBytes {
          unsafe Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count)
        }
      }
      guard count >= 0 else { throw FileError("standard input", "read", errno: errno) }
      if count == 0 { return bytes }
      guard bytes.count + count <= byteLimit else {
        throw FileError("standard input", "read", reason: "it has more than \(byteLimit) bytes")
      }
      bytes += buffer[..<count]
    }
  }
}
