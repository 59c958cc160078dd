import Glibc

/// Path arithmetic on text; what looks at the disk throws or says so.
public enum Paths {
  // All of it looks at UTF-8: a slash and a combining mark are one character, but a slash to the
  // kernel.
  private static let slash = UInt8(ascii: "/")

  /// The last component: `b.gguf` of `/a/b.gguf`.
  public static func name(_ path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let last = trimmed.utf8.lastIndex(of: slash), trimmed.utf8.count > 1 else {
      return String(trimmed)
    }
    return String(trimmed[trimmed.utf8.index(after: last)...])
  }

  /// The folder that holds the path: `/a` of `/a/b.gguf`, `.` of `b.gguf`.
  public static func folder(_ path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let last = trimmed.utf8.lastIndex(of: slash) else { return "." }
    return last == trimmed.startIndex ? "/" : String(trimmed[..<last])
  }

  /// A path below a folder; an absolute name stands for itself.
  public static func join(_ folder: String, _ name: String) -> String {
    if name.utf8.first == slash || folder == "." || folder.isEmpty { return name }
    return folder.utf8.last == slash ? folder + name : "\(folder)/\(name)"
  }

  /// The text after the last dot of the name, nil if there is none.
  public static func fileExtension(_ path: String) -> String? {
    let name = name(path)
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else {
      return nil
    }
    return String(name[name.utf8.index(after: dot)...])
  }

  /// The last component without its extension: `b` of `/a/b.gguf`, `.b` of `.b`.
  public static func stem(_ path: String) -> String {
    let name = name(path)
    guard let ending = fileExtension(path) else { return name }
    return String(name.dropLast(ending.count + 1))
  }

  /// Whether a path from a file is a plain relative one that stays below its folder: no empty, `.`
  /// or `..` component, no backslash, colon or control character, at most 4,096 bytes.
  public static func isSafeRelative(_ path: String) -> Bool {
    let bytes = path.utf8
    let isForbidden = { (byte: UInt8) in
      byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: ":")
    }
    guard 1...4096 ~= bytes.count, !bytes.contains(where: isForbidden) else { return false }
    return bytes.split(separator: slash, omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
    }
  }

  /// Whether a name from a file is one safe component of a path.
  public static func isSafeName(_ name: String) -> Bool {
    isSafeRelative(name) && !name.utf8.contains(slash)
  }

  /// Where files go that only this process needs: `$TMPDIR`, or the folder for large ones.
  public static var temporaryFolder: String {
    guard let folder = unsafe getenv("TMPDIR"), unsafe folder.pointee != 0 else {
      return "/var/tmp"
    }
    return unsafe String(cString: folder)
  }

  /// Creates a folder and the folders above it, as far as they are missing.
  public static func createFolder(_ path: String) throws(FileError) {
    for missing in missingFolders(path) { _ = try makeFolder(missing) }
  }

  /// A folder and the folders above it that do not exist, outermost first.
  static func missingFolders(_ path: String) -> [String] {
    if (try? FileStatus(path: path))?.kind == .folder { return [] }
    let parent = folder(path)
    let above = parent != path && parent != "." ? missingFolders(parent) : []
    return above + [path]
  }

  /// Creates a folder in one that exists.
  ///
  /// - Returns: Whether it was made; false if something with its name is there.
  static func makeFolder(_ path: String) throws(FileError) -> Bool {
    if unsafe mkdir(path, 0o777) == 0 { return true }
    guard errno == EEXIST else { throw FileError(path, "create the folder", errno: errno) }
    return false
  }

  /// Whether the path itself is a symbolic link.
  public static func isLink(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// The absolute path without symbolic links.
  public static func resolved(_ path: String) throws(FileError) -> String {
    guard let text = unsafe realpath(path, nil) else {
      throw FileError(path, "resolve", errno: errno)
    }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }

  /// The names in a folder, sorted, without `.` and `..`.
  public static func names(in folder: String) throws(FileError) -> [String] {
    guard let stream = unsafe opendir(folder) else {
      throw FileError(folder, "list", errno: errno)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: d_name is NUL-terminated within the entry, which lives until the next readdir.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The bytes that this user can still write to the file system of a folder; nil if it does not
  /// say.
  public static func availableByteCount(in folder: String) -> Int? {
    var status = statvfs()
    guard unsafe statvfs(folder, &status) == 0 else { return nil }
    let (byteCount, overflow) = Int(clamping: status.f_bavail)
      .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    return overflow ? nil : byteCount
  }

  /// Removes a file; does nothing if there is none.
  public static func remove(_ path: String) throws(FileError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw FileError(path, "remove", errno: errno)
    }
  }

  private static func trimmingSlashes(_ path: String) -> Substring {
    var text = path[...]
    while text.utf8.count > 1, text.utf8.last == slash {
      text = text[..<text.utf8.index(before: text.endIndex)]
    }
    return text
  }
}
