import TandemBytes

/// Whether a path that stands in a file may be followed below a folder.
enum RelativePath {
  /// What is wrong with a path, as half a sentence; nil if it is plain: components joined by `/`,
  /// below the folder on every operating system.
  static func flaw(of path: String) -> String? {
    if path.isEmpty { return "it is empty" }
    if path.unicodeScalars.contains(where: { !$0.isPrintable }) {
      return "it holds a control character"
    }
    if path.utf8.contains(UInt8(ascii: "\\")) { return "it holds a backslash" }
    if path.utf8.first == UInt8(ascii: "/") { return "it is absolute" }
    if path.utf8.dropFirst().first == UInt8(ascii: ":") { return "it names a drive" }
    // Of UTF-8, because a character may be a slash and a combining mark.
    for component in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    {
      switch String(component) {
      case "": return "it has an empty component"
      case ".", "..": return "it has the component '\(Substring(component))'"
      default: break
      }
    }
    return nil
  }
}
