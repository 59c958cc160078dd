import Glibc

/// Path arithmetic on text; nothing here but ``resolved(_:)`` and ``names(in:)`` looks at the disk.
public enum Paths {
  /// The last component: `b.gguf` of `/a/b.gguf`.
  public static func name(_ path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/"), trimmed.count > 1 else { return String(trimmed) }
    return String(trimmed[trimmed.index(after: slash)...])
  }

  /// The folder that holds the path: `/a` of `/a/b.gguf`, `.` of `b.gguf`.
  public static func folder(_ path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  /// A path below a folder; an absolute name stands for itself.
  public static func join(_ folder: String, _ name: String) -> String {
    if name.hasPrefix("/") || folder == "." || folder.isEmpty { return name }
    return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// The text after the last dot of the name, nil if there is none.
  public static func fileExtension(_ path: String) -> String? {
    let name = name(path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
    return String(name[name.index(after: dot)...])
  }

  /// Whether a path from a file is a plain relative one that stays below its folder: no empty, `.`
  /// or `..` component, no backslash, drive, colon or control character.
  public static func isSafeRelative(_ path: String) -> Bool {
    guard !path.isEmpty, path.utf8.count <= 4096 else { return false }
    let forbidden: Set<Character> = ["\\", ":"]
    guard !path.contains(where: { forbidden.contains($0) }) else { return false }
    guard path.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      return false
    }
    return path.split(separator: "/", omittingEmptySubsequences: false)
      .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  /// Creates a folder and the folders above it; does nothing if it exists.
  public static func createFolder(_ path: String) throws(FileError) {
    if (try? FileStatus(path: path))?.kind == .folder { return }
    let parent = folder(path)
    if parent != path && parent != "." { try createFolder(parent) }
    guard unsafe mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw FileError(path, "create the folder", errno: errno)
    }
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

  private static func trimmingSlashes(_ path: String) -> Substring {
    var text = path[...]
    while text.count > 1 && text.hasSuffix("/") { text = text.dropLast() }
    return text
  }
}
