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

  /// The names in the folder, hidden ones too.
  public var names: [String] { get throws { try Paths.names(in: path) } }

  private static func remove(_ path: String) {
    if (try? FileStatus(path: path))?.kind == .folder, let names = try? Paths.names(in: path) {
      for name in names { remove("\(path)/\(name)") }
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

/// The bytes of a file, copied.
public func contents(of path: String) throws -> [UInt8] {
  let file = try MappedFile(path: path)
  return file.bytes.array
}
