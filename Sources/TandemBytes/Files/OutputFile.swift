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
  private var temporary: TemporaryName?
  private let isReplacing: Bool
  private var isCommitted = false

  /// Starts a file.
  ///
  /// - Parameter replacing: Whether an existing file at the path may be replaced at the end.
  /// - Throws: ``FileError`` if the target exists and may not be replaced, or the folder cannot be
  ///   written.
  public init(path: String, replacing: Bool) throws(FileError) {
    try Self.check(path, replacing: replacing)
    var temporary: TemporaryName?
    var descriptor = unsafe open(
      Paths.folder(path), clinux_O_TMPFILE | O_WRONLY | O_CLOEXEC, 0o666)
    if descriptor < 0 && [EOPNOTSUPP, EISDIR, EINVAL].contains(errno) {
      temporary = try Self.temporaryName(beside: path) { name in
        descriptor = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        return descriptor >= 0
      }
    }
    guard descriptor >= 0 else { throw FileError(path, "create", errno: errno) }
    self.path = path
    self.descriptor = descriptor
    isReplacing = replacing
    self.temporary = temporary
  }

  /// Makes something under a temporary name in the folder of a path.
  ///
  /// - Parameter make: Makes it under this name; false, and `errno`, if that fails.
  private static func temporaryName(
    beside path: String, _ make: (String) -> Bool
  ) throws(FileError) -> TemporaryName {
    let name = Paths.name(path)
    // A name has at most 255 bytes.
    let stem = name.utf8.count > 200 ? "tandem" : name
    // Nothing else has such a name, so that a signal before the file is there removes nothing.
    let number = UInt64.random(in: 0...UInt64.max)
    let temporary = TemporaryName(
      Paths.join(Paths.folder(path), ".\(stem).\(String(number, radix: 36)).partial"))
    if make(temporary.path) { return temporary }
    let error = FileError(path, "create", errno: errno)
    temporary.forget()
    throw error
  }

  /// Checks whether a file could be written, before the work that makes its content.
  ///
  /// - Throws: ``FileError`` if the target exists and may not be replaced, is no file, or has no
  ///   folder.
  public static func check(_ path: String, replacing: Bool) throws(FileError) {
    guard !path.isEmpty, path.utf8.last != UInt8(ascii: "/") else {
      throw FileError(path, "write", reason: "that is no name of a file")
    }
    if try entryExists(path, replacing: replacing) { return }
    let folder = Paths.folder(path)
    guard let status = try? FileStatus(path: folder) else {
      throw FileError(
        path, "write", reason: "the folder \(folder) does not exist; make it first")
    }
    guard status.kind == .folder else {
      throw FileError(folder, "write", reason: "it is no folder")
    }
  }

  /// Whether there is an entry that a file would replace.
  ///
  /// - Throws: ``FileError`` if it may not be replaced, or is no file.
  public static func entryExists(_ path: String, replacing: Bool) throws(FileError) -> Bool {
    guard (try? FileStatus(unfollowed: path)) != nil else { return false }
    // A link to nowhere is an entry too, and would be replaced itself.
    if let kind = try? FileStatus(path: path).kind, kind != .regular {
      throw FileError(path, "write", reason: "it is \(kind.phrase)")
    }
    guard replacing else { throw exists(path) }
    return true
  }

  deinit {
    if !isCommitted { temporary?.remove() }
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
    if let temporary {
      try place(temporary)
    } else if !link(to: path) {
      // Somebody may have made the file since this one was begun.
      guard errno == EEXIST else { throw FileError(path, "create", errno: errno) }
      guard isReplacing else { throw Self.exists(path) }
      // An unnamed file cannot replace a named one in one call: it gets a name beside it first.
      let name = try Self.temporaryName(beside: path) { link(to: $0) }
      temporary = name
      try place(name)
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

  /// Gives the file its name instead of its temporary one.
  private func place(_ temporary: TemporaryName) throws(FileError) {
    let name = temporary.path
    if isReplacing {
      try rename(name)
    } else if unsafe clinux_rename_exclusive(name, path) != 0 {
      if errno == EEXIST { throw Self.exists(path) }
      // Not every file system has that call; the next best needs hard links.
      if unsafe Glibc.link(name, path) == 0 {
        unsafe _ = unlink(name)
      } else {
        if errno == EEXIST { throw Self.exists(path) }
        // What is left has a moment between looking and renaming.
        _ = try Self.entryExists(path, replacing: false)
        try rename(name)
      }
    }
    temporary.forget()
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
