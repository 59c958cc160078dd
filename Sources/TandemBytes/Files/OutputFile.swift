import CLinux
import Glibc

/// A file that comes into being complete, or not at all.
///
/// Bytes go to a file without a name in the target's folder; ``commit()`` forces them to the disk
/// and gives the file its name in one step. A process that is killed before leaves nothing behind,
/// because the kernel frees a file without a name. Where the file system has no unnamed files, a
/// temporary name is used and removed on failure, SIGINT and SIGTERM.
public final class OutputFile: @unchecked Sendable {
  /// The path that the file will have.
  public let path: String
  // SAFETY (Sendable): the descriptor never changes; pwrite at disjoint ranges is thread-safe.
  let descriptor: CInt
  private var temporaryPath: String?
  private let isReplacing: Bool
  private var isCommitted = false

  /// Starts a file.
  ///
  /// - Parameter replacing: Whether an existing file at the path may be replaced at the end.
  /// - Throws: ``FileError`` if the target exists and may not be replaced, or the folder cannot be
  ///   written.
  public init(path: String, replacing: Bool) throws(FileError) {
    try Self.check(path, replacing: replacing)
    let folder = Paths.folder(path)
    var descriptor = unsafe open(folder, clinux_O_TMPFILE | O_WRONLY | O_CLOEXEC, 0o666)
    var temporaryPath: String?
    if descriptor < 0 && [EOPNOTSUPP, EISDIR, EINVAL].contains(errno) {
      let name = Paths.join(folder, ".\(Paths.name(path)).\(getpid()).partial")
      descriptor = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      temporaryPath = name
    }
    guard descriptor >= 0 else { throw FileError(path, "create", errno: errno) }
    self.path = path
    self.descriptor = descriptor
    isReplacing = replacing
    self.temporaryPath = temporaryPath
    if let temporaryPath { TemporaryNames.add(temporaryPath) }
  }

  /// Checks whether a file could be written, before the work that makes its content.
  ///
  /// - Throws: ``FileError`` if the target exists and may not be replaced, is no file, or has no
  ///   folder.
  public static func check(_ path: String, replacing: Bool) throws(FileError) {
    guard !path.isEmpty, path.utf8.last != UInt8(ascii: "/") else {
      throw FileError(path, "write", reason: "that is no name of a file")
    }
    if let status = try? FileStatus(path: path) {
      guard status.kind == .regular else {
        throw FileError(path, "write", reason: "it is \(status.kind.phrase)")
      }
      guard replacing else { throw exists(path) }
    } else {
      let folder = Paths.folder(path)
      guard let status = try? FileStatus(path: folder) else {
        throw FileError(
          path, "write", reason: "the folder \(folder) does not exist; make it first")
      }
      guard status.kind == .folder else {
        throw FileError(folder, "write", reason: "it is no folder")
      }
    }
  }

  deinit {
    if !isCommitted, let temporaryPath { TemporaryNames.remove(temporaryPath) }
    close(descriptor)
  }

  /// Writes bytes at an offset; ranges that are never written read as zero.
  public func write(_ bytes: RawSpan, at offset: Int) throws(FileError) {
    var done = 0
    while done < bytes.byteCount {
      let rest = bytes.extracting(done..<bytes.byteCount)
      // SAFETY: pwrite reads at most the buffer's bytes before the closure returns.
      let count = retryingInterrupts {
        unsafe rest.withUnsafeBytes {
          unsafe pwrite(descriptor, $0.baseAddress, $0.count, offset + done)
        }
      }
      guard count > 0 else {
        throw FileError(path, "write \(bytes.byteCount) bytes at \(offset)", errno: errno)
      }
      done += count
    }
  }

  /// Gives the file a length and takes room on the disk for it, so that a full disk shows before
  /// the work and not after it.
  public func reserve(_ byteCount: Int) throws(FileError) {
    guard byteCount > 0, clinux_reserve(descriptor, Int64(byteCount)) != 0 else { return }
    // File systems that cannot reserve say so; then the disk may still turn out to be full later.
    guard errno == EOPNOTSUPP || errno == ENOSYS, ftruncate(descriptor, byteCount) == 0 else {
      throw FileError(path, "reserve \(byteCount) bytes", errno: errno)
    }
  }

  /// Forces the bytes to the disk and gives the file its name, replacing what had it.
  public func commit() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw FileError(path, "write to the disk", errno: errno) }
    if let temporaryPath {
      try isReplacing ? rename(temporaryPath) : linkAndRemove(temporaryPath)
      TemporaryNames.forget(temporaryPath)
    } else if !link(to: path) {
      // Somebody may have made the file since this one was begun.
      guard errno == EEXIST else { throw FileError(path, "create", errno: errno) }
      guard isReplacing else { throw Self.exists(path) }
      // An unnamed file cannot replace a named one in one call: it gets a name beside it first.
      let name = Paths.join(Paths.folder(path), ".\(Paths.name(path)).\(getpid()).partial")
      TemporaryNames.add(name)
      guard link(to: name) else { throw FileError(path, "create", errno: errno) }
      temporaryPath = name
      try rename(name)
      TemporaryNames.forget(name)
    }
    isCommitted = true
    try syncFolder()
  }

  private func link(to name: String) -> Bool {
    unsafe linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0
  }

  private static func exists(_ path: String) -> FileError {
    FileError(path, "write", reason: "it exists; --force replaces it")
  }

  /// Gives the file its name unless there is one; rename(2) would replace it.
  private func linkAndRemove(_ name: String) throws(FileError) {
    guard unsafe Glibc.link(name, path) == 0 else {
      throw errno == EEXIST ? Self.exists(path) : FileError(path, "create", errno: errno)
    }
    unsafe _ = unlink(name)
  }

  /// The path under which this process can read what has been written so far.
  public var pathBeforeCommit: String { "/proc/self/fd/\(descriptor)" }

  private func rename(_ name: String) throws(FileError) {
    guard unsafe Glibc.rename(name, path) == 0 else {
      throw FileError(path, "create", errno: errno)
    }
  }

  /// The new name itself is on the disk only when its folder is.
  private func syncFolder() throws(FileError) {
    let folder = unsafe open(Paths.folder(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw FileError(Paths.folder(path), "open", errno: errno) }
    defer { close(folder) }
    guard fsync(folder) == 0 else {
      throw FileError(Paths.folder(path), "write to the disk", errno: errno)
    }
  }
}
