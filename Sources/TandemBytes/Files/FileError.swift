import Glibc

/// The operating system, or the kind of the file, does not allow what was asked.
///
/// Says nothing about the content of a file: that is a ``Finding``.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file or folder, as the user named it.
  public let path: String
  /// What cannot be done, as an infinitive: "open", "write 4096 bytes at 0".
  public let operation: String
  /// Why not.
  public let reason: String

  public init(_ path: String, _ operation: String, reason: String) {
    self.path = path
    self.operation = operation
    self.reason = reason
  }

  /// Takes the reason from `errno`.
  public init(_ path: String, _ operation: String, errno number: CInt) {
    self.init(path, operation, reason: Self.reason(number))
  }

  public var description: String {
    "\(path.printable): cannot \(operation.printable): \(reason.printable)"
  }

  private static func reason(_ number: CInt) -> String {
    switch number {
    case ENOENT: "there is no such file or folder"
    case EACCES, EPERM: "permission denied"
    case ENOSPC: "no space is left on the device"
    case EDQUOT: "the disk quota is used up"
    case ELOOP: "its symbolic links form a loop"
    case EISDIR: "it is a folder"
    case ENOTDIR: "a part of the path is not a folder"
    case EROFS: "the file system is read-only"
    case EMFILE, ENFILE: "too many files are open"
    default: unsafe String(cString: strerror(number))
    }
  }
}

/// Repeats a system call while a signal interrupts it; the result is negative on failure.
func retryingInterrupts(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
