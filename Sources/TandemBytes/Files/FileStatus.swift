import Glibc

/// Device and inode of a file: what it is, whatever it is called.
public struct FileIdentity: Hashable, Sendable {
  let device: UInt
  let inode: UInt
}

/// What a path leads to.
public enum FileKind: Sendable, Hashable {
  case regular, folder, pipe, characterDevice, blockDevice, socket, symbolicLink, other

  public var phrase: String {
    switch self {
    case .regular: "a regular file"
    case .folder: "a folder"
    case .pipe: "a pipe"
    case .characterDevice: "a character device"
    case .blockDevice: "a block device"
    case .socket: "a socket"
    case .symbolicLink: "a symbolic link"
    case .other: "a special file"
    }
  }
}

/// Kind, size and identity of a file.
public struct FileStatus: Sendable {
  public let kind: FileKind
  public let byteCount: Int
  public let identity: FileIdentity
  /// When the content changed last, in nanoseconds since 1970.
  public let modificationTime: Int

  /// Follows symbolic links.
  public init(path: String) throws(FileError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw FileError(path, "open", errno: errno) }
    self.init(status)
  }

  /// Does not follow a symbolic link at the path.
  public init(unfollowed path: String) throws(FileError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { throw FileError(path, "open", errno: errno) }
    self.init(status)
  }

  init(descriptor: CInt, path: String) throws(FileError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw FileError(path, "read the size", errno: errno)
    }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFIFO: .pipe
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      case S_IFSOCK: .socket
      case S_IFLNK: .symbolicLink
      default: .other
      }
    byteCount = Int(status.st_size)
    identity = FileIdentity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
    modificationTime = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
  }
}
