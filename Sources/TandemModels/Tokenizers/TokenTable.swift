import TandemBytes

/// Puts the tokens of `tokenizer.json` in the order of their ids.
struct TokenTable {
  private(set) var texts: TokenTexts
  private(set) var findings = Findings()
  private var ids: [Int]
  private let path: String

  init(_ file: TokenizerFile, _ path: String) {
    self.path = path
    texts = file.texts
    ids = file.ids
    for token in file.added {
      texts.append(token.text)
      ids.append(token.token.id)
    }
  }

  /// For each id the index of its text, nil where it has none.
  mutating func entries() -> [Int?] {
    // An id far beyond the number of tokens is a flaw; believing it would cost memory that the file
    // did not.
    let limit = 2 * ids.count + 4096
    var entries: [Int?] = []
    for index in ids.indices {
      let id = ids[index]
      guard id < limit else {
        add(index, "the id \(id) is far beyond the \(ids.count) tokens")
        continue
      }
      while entries.count <= id { entries.append(nil) }
      if let other = entries[id] {
        // An added token is often one of the vocabulary as well.
        if !texts[other].equals(texts[index]) {
          add(index, "the id \(id) is that of '\(texts.text(other))' too")
        }
      } else {
        entries[id] = index
      }
    }
    return entries
  }

  private mutating func add(_ index: Int, _ message: String) {
    findings.add(
      Finding(TokenizerRule.badID, in: path, item: texts.text(index), message))
  }
}
