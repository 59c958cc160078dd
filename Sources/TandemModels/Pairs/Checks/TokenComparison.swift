import TandemBytes

/// Two lists of tokens, id by id.
///
/// An id without token, or with the text `[PAD151666]` that llama.cpp's converter gives it, is
/// padding in either.
struct TokenComparison {
  /// The first id that has a token in both, and not the same.
  private(set) var firstDifference: Int?
  private(set) var differenceCount = 0
  /// The number of ids up to the last one with a token.
  let firstCount: Int
  let secondCount: Int
  /// Whether texts are cut into tokens by other rules, as far as one can see.
  let cutsDiffer: Bool

  init(_ first: Vocabulary, _ second: Vocabulary) {
    firstCount = Self.count(first.tokens)
    secondCount = Self.count(second.tokens)
    var areIdentical = first.tokenCount == second.tokenCount
    let sharedCount = min(firstCount, secondCount)
    for id in 0..<min(first.tokenCount, second.tokenCount) {
      if first.tokens[id].equals(second.tokens[id]) { continue }
      areIdentical = false
      if id >= sharedCount || Self.isPadding(id, first.tokens) && Self.isPadding(id, second.tokens)
      {
        continue
      }
      firstDifference = firstDifference ?? id
      differenceCount += 1
    }
    // The digest is over tokens and rules: with the same tokens it tells whether the rules are.
    cutsDiffer =
      first.mergeCount != second.mergeCount || first.kind != second.kind
      || areIdentical && first.digest != second.digest
  }

  /// Whether the lists have so little in common that comparing more of them says nothing.
  var areUnrelated: Bool { 2 * differenceCount > min(firstCount, secondCount) }

  var areSame: Bool { firstDifference == nil && firstCount == secondCount }

  private static func count(_ tokens: TokenTexts) -> Int {
    var count = tokens.count
    while count > 0, isPadding(count - 1, tokens) { count -= 1 }
    return count
  }

  private static func isPadding(_ id: Int, _ tokens: TokenTexts) -> Bool {
    tokens[id].byteCount == 0 || tokens.text(id) == "[PAD\(id)]"
  }
}
