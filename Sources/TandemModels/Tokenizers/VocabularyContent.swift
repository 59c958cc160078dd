import TandemBytes

/// Tokens by id and merge rules, as they are put together and checked while a tokenizer is read.
struct VocabularyContent {
  private(set) var tokens = TokenTexts()
  private(set) var index: TokenIndex
  private(set) var mergeCount = 0
  /// The merge rules whose tokens are all there, in order.
  private(set) var merges: [MergeRule] = []
  /// Zero if it was not asked for.
  private(set) var digest = Digest.zero
  private(set) var findings = Findings()
  var addedTokens: [AddedToken] = []
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

  /// Resolves the merge rules to tokens, and makes the digest.
  ///
  /// - Parameters:
  ///   - merges: The left and the right side of each rule, one after the other.
  ///   - continuingPrefix: What a right side begins with that the merged token leaves out.
  ///   - includingDigest: Whether the digest is made, which takes about as long as all the rest.
  mutating func finish(
    merges rules: TokenTexts, continuingPrefix: String = "", includingDigest: Bool = true
  ) {
    mergeCount = rules.count / 2
    merges.reserveCapacity(mergeCount)
    let prefix = Array(continuingPrefix.utf8)
    let resolved = concurrentMap(mergeCount, inRunsOf: 4096) { resolve(2 * $0, of: rules, prefix) }
    for (rule, merge) in resolved.enumerated() {
      if let merge { merges.append(merge) } else { reportUnknown(2 * rule, of: rules) }
    }
    if includingDigest { makeDigest(rules) }
  }

  private mutating func makeDigest(_ rules: TokenTexts) {
    var hash = TextHash()
    for id in 0..<tokens.count { hash.add(tokens[id]) }
    for rule in 0..<mergeCount { hash.add(rules[2 * rule], rules[2 * rule + 1]) }
    digest = hash.finalize()
  }

  /// A merge rule, nil if a side or the outcome is no token.
  ///
  /// - Parameter side: The index of the left side; the right one follows it.
  private func resolve(_ side: Int, of rules: TokenTexts, _ prefix: [UInt8]) -> MergeRule? {
    let (left, right) = (rules[side], rules[side + 1])
    guard let leftID = index.find(left, in: tokens), let rightID = index.find(right, in: tokens)
    else { return nil }
    let mergedID: Int?
    if !prefix.isEmpty, right.byteCount > prefix.count, right.starts(with: prefix) {
      var merged = left.array
      merged.append(right.extracting(prefix.count..<right.byteCount))
      mergedID = index.find(merged.rawSpan, in: tokens)
    } else {
      mergedID = index.find(rules.joined(side), in: tokens)
    }
    return mergedID.map {
      MergeRule(left: UInt32(leftID), right: UInt32(rightID), merged: UInt32($0))
    }
  }

  private mutating func reportUnknown(_ side: Int, of rules: TokenTexts) {
    let (left, right) = (rules[side], rules[side + 1])
    let isLeftKnown = index.find(left, in: tokens) != nil
    let isRightKnown = index.find(right, in: tokens) != nil
    let unknown = !isLeftKnown ? left : !isRightKnown ? right : rules.joined(side)
    findings.add(
      Finding(
        TokenizerRule.unknownTokenInMerge, in: file, item: "\(left.lossyText) \(right.lossyText)",
        "the merge rule needs '\(unknown.lossyText)', which is no token"))
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
