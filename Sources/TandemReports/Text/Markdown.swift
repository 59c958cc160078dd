/// Text in Markdown that means itself.
enum Markdown {
  /// Escapes what Markdown or a table would interpret.
  static func escaped(_ text: String) -> String {
    guard text.contains(where: { special.contains($0) }) else { return text }
    return text.reduce(into: "") { result, character in
      if special.contains(character) { result.append("\\") }
      result.append(character)
    }
  }

  private static let special: Set<Character> = ["\\", "|", "`", "*", "_", "<", ">", "[", "]", "#"]

  /// A name, which is shown letter by letter.
  static func code(_ text: String) -> String {
    if text.isEmpty { return "" }
    // The fence is longer than any run of backticks in the text; only the table's bar needs an
    // escape.
    let fence = String(repeating: "`", count: longestRun(in: text) + 1)
    let padding = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
    let content = text.split(separator: "|", omittingEmptySubsequences: false).joined(
      separator: "\\|")
    return fence + padding + content + padding + fence
  }

  private static func longestRun(in text: String) -> Int {
    var longest = 0
    var run = 0
    for character in text {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
