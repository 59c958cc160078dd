import TandemBytes

extension StandardReader {
  /// All of standard input as ids of tokens, with white space between them.
  ///
  /// - Throws: ``FileError`` if it cannot be read, or has something else.
  static func readTokenIDs() throws(FileError) -> [Int] {
    let input = try readAll()
    let text = input.rawSpan.lossyText
    var ids: [Int] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      guard let id = Int(word), id >= 0 else {
        throw FileError(
          "standard input", "read ids", reason: "'\(word.prefix(40))' is no number from 0")
      }
      ids.append(id)
    }
    return ids
  }
}
