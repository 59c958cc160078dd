import Glibc
import TandemBytes

/// A folder that exists as long as this object.
public final class TemporaryFolder {
  public let path: String

  public init() throws {
    var template = Array("/tmp/tandem-test-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
    guard mkdtemp(&template) != nil else {
      throw FileError("/tmp", "create a folder", errno: errno)
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  /// Writes a file and returns its path.
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = "\(path)/\(name)"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0 else { throw FileError(path, "create", errno: errno) }
    defer { close(file) }
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw FileError(path, "write", errno: errno)
    }
    return path
  }

  /// Makes a symbolic link.
  public func link(_ name: String, to target: String) throws {
    guard symlink(target, "\(path)/\(name)") == 0 else {
      throw FileError(name, "link", errno: errno)
    }
  }

  /// Makes the folders that a file's name has, as far as they are missing.
  public func makeFolders(for name: String) throws {
    var folder = path
    for component in name.split(separator: "/").dropLast() {
      folder += "/\(component)"
      guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
        throw FileError(folder, "create", errno: errno)
      }
    }
  }

  /// The names in the folder, hidden ones too.
  public var names: [String] { get throws { try Paths.names(in: path) } }

  private static func remove(_ path: String) {
    // Never through a link: it may lead out of the folder.
    if unlink(path) == 0 { return }
    for name in (try? Paths.names(in: path)) ?? [] { remove("\(path)/\(name)") }
    rmdir(path)
  }
}

/// The bytes of a file, copied.
public func contents(of path: String) throws -> [UInt8] {
  let file = try MappedFile(path: path)
  return file.bytes.array
}
