import Glibc

/// The memory of this process.
public struct ProcessMemory: Sendable {
  /// Bytes in memory that are this process's own.
  public let anonymousByteCount: Int
  /// Bytes in memory that belong to mapped files, and are shared with whoever maps them too.
  public let mappedByteCount: Int

  /// What the kernel counts now; nil where it does not say.
  public static var now: ProcessMemory? {
    guard let text = statusText else { return nil }
    func value(_ key: String) -> Int? {
      let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
      return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
    guard let anonymous = value("RssAnon"), let mapped = value("RssFile") else { return nil }
    // Pages of files in memory alone (tmpfs) are counted apart from those of other files.
    let shared = value("RssShmem") ?? 0
    return ProcessMemory(
      anonymousByteCount: anonymous * 1024, mappedByteCount: (mapped + shared) * 1024)
  }

  /// `/proc/self/status`, which fits a page.
  private static var statusText: String? {
    let descriptor = unsafe open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    // SAFETY: read writes at most the buffer's bytes before the closure returns.
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe read(descriptor, $0.baseAddress, $0.count)
    }
    return count > 0 ? buffer.rawSpan.extracting(0..<count).lossyText : nil
  }
}
