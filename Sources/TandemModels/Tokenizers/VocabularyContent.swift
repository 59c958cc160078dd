import TandemBytes

/// Tokens by id and merge rules, as they are put together and checked while a tokenizer is read.
struct VocabularyContent {
  private(set) var tokens = TokenTexts()
  private(set) var index: TokenIndex
  private(set) var mergeCount = 0
  private(set) var digest = Digest.zero
  private(set) var findings = Findings()
  var specialTokenIDs: Set<Int> = []
  var addedTokenIDs: Set<Int> = []
  private let file: String

  /// Takes tokens in the order of their ids; nil for an id without one.
  ///
  /// - Parameters:
  ///   - file: The file, as findings name it.
  ///   - entries: For each id the index of its text.
  init(file: String, texts: TokenTexts, entries: [Int?]) {
    self.file = file
    index = TokenIndex(capacity: entries.count)
    for entry in entries {
      if let entry { tokens.append(texts[entry]) } else { tokens.append("") }
    }
    for (id, entry) in entries.enumerated() where entry != nil { add(id) }
    reportHoles(entries)
  }

  /// Takes all texts, whose indices are their ids.
  init(file: String, texts: TokenTexts) {
    self.file = file
    tokens = texts
    index = TokenIndex(capacity: texts.count)
    for id in 0..<texts.count { add(id) }
  }

  private mutating func add(_ id: Int) {
    guard let first = index.insert(id, of: tokens) else { return }
    findings.add(
      Finding(
        TokenizerRule.duplicateToken, in: file, item: tokens.text(id),
        "the ids \(first) and \(id) have the same text",
        remedy: "a tokenizer can only ever give one of them"))
  }

  private mutating func reportHoles(_ entries: [Int?]) {
    var holes = LayerSet()
    for (id, entry) in entries.enumerated() where entry == nil { holes.add(id) }
    for hole in holes.ranges {
      let ids =
        hole.count == 1
        ? "the id \(hole.lowerBound) has" : "the ids \(hole.lowerBound) to \(hole.upperBound) have"
      findings.add(Finding(TokenizerRule.missingID, in: file, "\(ids) no token"))
    }
  }

  /// Checks the merge rules against the tokens, and makes the digest.
  ///
  /// - Parameters:
  ///   - merges: The left and the right side of each rule, one after the other.
  ///   - continuingPrefix: What a right side begins with that the merged token leaves out.
  mutating func finish(merges: TokenTexts, continuingPrefix: String = "") {
    var hash = TextHash()
    for id in 0..<tokens.count { hash.add(tokens[id]) }
    mergeCount = merges.count / 2
    let prefix = Array(continuingPrefix.utf8)
    for rule in 0..<mergeCount {
      let (left, right) = (merges[2 * rule], merges[2 * rule + 1])
      hash.add(left, right)
      check(left, right, prefix)
    }
    digest = hash.finalize()
  }

  private mutating func check(_ left: RawSpan, _ right: RawSpan, _ prefix: [UInt8]) {
    guard let unknown = unknownToken(left, right, prefix) else { return }
    findings.add(
      Finding(
        TokenizerRule.unknownTokenInMerge, in: file, item: "\(left.lossyText) \(right.lossyText)",
        "the merge rule needs '\(unknown)', which is no token"))
  }

  /// The side or the outcome of a rule that is no token.
  private func unknownToken(_ left: RawSpan, _ right: RawSpan, _ prefix: [UInt8]) -> String? {
    if index.find(left, in: tokens) == nil { return left.lossyText }
    if index.find(right, in: tokens) == nil { return right.lossyText }
    let isContinuing =
      !prefix.isEmpty && right.byteCount > prefix.count
      && right.extracting(0..<prefix.count).equals(prefix.rawSpan)
    var merged: [UInt8] = []
    merged.append(left)
    merged.append(isContinuing ? right.extracting(prefix.count..<right.byteCount) : right)
    return index.find(merged.rawSpan, in: tokens) == nil ? merged.rawSpan.lossyText : nil
  }
}

/// SHA-256 over counted texts.
private struct TextHash {
  private var hasher = SHA256Hasher()
  // Short pieces are gathered, because each call of the hasher costs as much as a block.
  private var buffer: [UInt8] = []

  mutating func add(_ text: RawSpan) {
    buffer.append(littleEndian: UInt32(text.byteCount))
    buffer.append(text)
    flush(over: 1 << 16)
  }

  /// Adds two texts with a space between them.
  mutating func add(_ left: RawSpan, _ right: RawSpan) {
    buffer.append(littleEndian: UInt32(left.byteCount + 1 + right.byteCount))
    buffer.append(left)
    buffer.append(0x20)
    buffer.append(right)
    flush(over: 1 << 16)
  }

  private mutating func flush(over limit: Int) {
    guard buffer.count > limit else { return }
    var bytes: [UInt8] = []
    swap(&bytes, &buffer)
    hasher.update(bytes.rawSpan)
    bytes.removeAll(keepingCapacity: true)
    swap(&bytes, &buffer)
  }

  consuming func finalize() -> Digest {
    var hasher = hasher
    hasher.update(buffer.rawSpan)
    return hasher.finalize()
  }
}
