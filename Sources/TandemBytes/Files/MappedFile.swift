import Glibc

/// A regular file, mapped read-only for as long as this object lives.
///
/// The bytes are the page cache's own: mapping costs microseconds whatever the size, and processes
/// that map the same file share its memory. Whoever shortens the file while it is mapped makes
/// later reads fault; files that this package writes are never changed in place.
@safe public final class MappedFile: @unchecked Sendable {
  /// The path, as the user named it.
  public let path: String
  public let byteCount: Int
  /// Device and inode: equal for two paths of one file.
  public let identity: FileIdentity
  // SAFETY: the mapping is read-only, private to this object and unmapped only in deinit.
  private let base: UnsafeRawPointer?

  /// Maps a regular file.
  ///
  /// - Parameter name: The path that findings name instead, for a file without a name.
  /// - Throws: ``FileError`` if it cannot be opened or mapped, or is a folder, FIFO, device or
  ///   socket.
  public init(path: String, named name: String? = nil) throws(FileError) {
    // O_NONBLOCK: opening a FIFO without a writer must not hang.
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path, "open", errno: errno) }
    defer { close(descriptor) }
    let status = try FileStatus(descriptor: descriptor, path: path)
    guard status.kind == .regular else {
      throw FileError(path, "read", reason: "it is \(status.kind.phrase), not a regular file")
    }
    let base = try unsafe mapReadOnly(descriptor, byteCount: status.byteCount, path: path)
    self.path = name ?? path
    self.byteCount = status.byteCount
    self.identity = status.identity
    unsafe self.base = base
  }

  /// Puts bytes into memory that is read like a mapped file: what was compressed in another one.
  ///
  /// - Parameter path: The file that they come from, as messages name it.
  /// - Throws: ``FileError`` if there is no memory for them.
  /// - Complexity: O(*n*); the bytes are copied.
  public init(copying bytes: RawSpan, path: String) throws(FileError) {
    let base = try unsafe mapCopy(of: bytes, path: path)
    self.path = path
    self.byteCount = bytes.byteCount
    // No file system has this device; the address is this object's alone while it lives.
    self.identity = FileIdentity(device: .max, inode: UInt(bitPattern: base))
    unsafe self.base = base
  }

  deinit {
    if let base = unsafe base {
      unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount)
    }
  }

  /// All bytes of the file.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      guard let base = unsafe base else { return RawSpan() }
      // SAFETY: `base` points to `byteCount` mapped bytes for as long as self lives.
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}

/// Maps a whole file; an empty one has no mapping.
@unsafe
private func mapReadOnly(
  _ descriptor: CInt, byteCount: Int, path: String
) throws(FileError) -> UnsafeRawPointer? {
  if byteCount == 0 { return nil }
  let base = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0)
  guard unsafe base != MAP_FAILED else { throw FileError(path, "map", errno: errno) }
  return UnsafeRawPointer(base)
}

/// Maps memory without a file, fills it and makes it read-only; no bytes have no mapping.
@unsafe
private func mapCopy(of bytes: RawSpan, path: String) throws(FileError) -> UnsafeRawPointer? {
  if bytes.isEmpty { return nil }
  let base = unsafe mmap(
    nil, bytes.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  guard let base = unsafe base, unsafe base != MAP_FAILED else {
    throw FileError(path, "hold in memory", errno: errno)
  }
  // SAFETY: the mapping is as long as the bytes, and nobody else has it.
  unsafe bytes.withUnsafeBytes {
    unsafe UnsafeMutableRawBufferPointer(start: base, count: bytes.byteCount).copyMemory(from: $0)
  }
  _ = unsafe mprotect(base, bytes.byteCount, PROT_READ)
  return UnsafeRawPointer(base)
}
