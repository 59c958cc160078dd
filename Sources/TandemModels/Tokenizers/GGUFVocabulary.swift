import TandemBytes
import TandemCheckpoints

/// Reads a vocabulary from GGUF metadata.
struct GGUFVocabulary {
  private(set) var vocabulary: Vocabulary?
  private(set) var findings = Findings()
  private let metadata: GGUFMetadata

  init(_ metadata: GGUFMetadata, includingDigest: Bool = true) {
    self.metadata = metadata
    guard metadata.entry("tokenizer.ggml.tokens") != nil else {
      add(.noTokenizer, "tokenizer.ggml.tokens", "the file has no tokens")
      return
    }
    guard let texts = texts("tokenizer.ggml.tokens") else { return }
    var content = VocabularyContent(file: metadata.file.path, texts: texts)
    let unused = readTypes(&content)
    checkCount("tokenizer.ggml.scores", texts.count)
    content.finish(merges: merges(), includingDigest: includingDigest)
    findings.add(contentsOf: content.findings)
    let name = metadata.string("tokenizer.ggml.model") ?? ""
    let kind = Self.kinds[name] ?? .unknown
    if kind == .unknown {
      add(.unknownKind, "tokenizer.ggml.model", "the kind of tokenizer '\(name)' is not known")
    }
    var vocabulary = Vocabulary(
      content, kind: kind, sourceKind: name,
      preTokenizer: metadata.string("tokenizer.ggml.pre"))
    vocabulary.unusedTokenIDs = unused
    vocabulary.scores = scores(texts.count)
    setSpecialTokens(&vocabulary)
    self.vocabulary = vocabulary
  }

  private static let kinds: [String: Vocabulary.Kind] = [
    "gpt2": .byteLevelBPE, "llama": .byteFallbackBPE, "t5": .unigram, "bert": .wordPiece,
  ]

  /// A token id; one that cannot be is reported with the configuration.
  private func id(_ name: String) -> Int? {
    metadata.unsigned("tokenizer.ggml.\(name)_token_id").flatMap(Int.init(exactly:))
  }

  private func setSpecialTokens(_ vocabulary: inout Vocabulary) {
    // Encoders mark begin and end with tokens of other names; the second is spelt so in the format.
    vocabulary.bosTokenID = id("bos") ?? id("cls")
    let end = id("eos") ?? id("seperator")
    vocabulary.tokenizerEOSTokenID = end
    // End of turn and of message end a text as well.
    vocabulary.eosTokenIDs = Set([end, id("eot"), id("eom")].compactMap(\.self)).sorted()
    vocabulary.padTokenID = id("padding")
    vocabulary.unknownTokenID = id("unknown")
    vocabulary.maskTokenID = id("mask")
    // What llama.cpp does where the file says nothing.
    let isLlama3 = ["llama3", "llama-v3", "llama-bpe"].contains(vocabulary.preTokenizer)
    let beginsByKind = [.byteFallbackBPE, .wordPiece].contains(vocabulary.kind)
    vocabulary.addsBOS = metadata.bool("tokenizer.ggml.add_bos_token") ?? (beginsByKind || isLlama3)
    vocabulary.addsEOS =
      metadata.bool("tokenizer.ggml.add_eos_token") ?? metadata.bool("tokenizer.ggml.add_sep_token")
      ?? [.unigram, .wordPiece].contains(vocabulary.kind)
    vocabulary.addsSpacePrefix = metadata.bool("tokenizer.ggml.add_space_prefix")
    vocabulary.chatTemplate = metadata.string("tokenizer.chat_template")
  }

  /// The types of tokens: 2 is unknown, 3 control, 4 added by a user, 5 unused, 6 a byte.
  ///
  /// - Returns: The ids of unused tokens.
  private mutating func readTypes(_ content: inout VocabularyContent) -> [Int] {
    let key = "tokenizer.ggml.token_type"
    checkCount(key, content.tokens.count)
    guard let array = metadata.array(key) else { return [] }
    guard let types = metadata.unsignedElements(of: array) else {
      add(.malformed, key, "the list holds other values than types of tokens")
      return []
    }
    var unused: [Int] = []
    for (id, type) in types.prefix(content.tokens.count).enumerated() where type != 1 {
      if type == 5 { unused.append(id) }
      guard 2...4 ~= type else { continue }
      var token = AddedToken(id: id)
      token.isSpecial = type != 4
      content.addedTokens.append(token)
    }
    markEnds(&content)
    return unused
  }

  /// Makes tokens whose texts end a turn special, whatever type the file gives them: as llama.cpp
  /// does, because many files have it wrong.
  private func markEnds(_ content: inout VocabularyContent) {
    for text in Self.endTexts {
      let bytes = Array(text.utf8)
      guard let id = content.index.find(bytes.rawSpan, in: content.tokens) else { continue }
      content.addedTokens.removeAll { $0.id == id }
      var token = AddedToken(id: id)
      token.isSpecial = true
      content.addedTokens.append(token)
    }
  }

  /// llama.cpp, `src/llama-vocab.cpp`, the list of tokens that end a generation.
  private static let endTexts = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<end_of_turn>",
    "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>",
    "<end_of_utterance>",
  ]

  /// The scores, one a token; none if the file has none, or too few.
  private func scores(_ tokenCount: Int) -> [Float] {
    guard let array = metadata.array("tokenizer.ggml.scores"), array.count == tokenCount,
      let values = metadata.doubleElements(of: array)
    else { return [] }
    return values.map { Float($0) }
  }

  private mutating func checkCount(_ key: String, _ tokenCount: Int) {
    guard metadata.entry(key) != nil else { return }
    guard let array = metadata.array(key) else {
      return add(.malformed, key, "the value is no list; one entry a token is needed")
    }
    if array.count != tokenCount {
      add(.listLength, key, "the list has \(array.count) entries, there are \(tokenCount) tokens")
    }
  }

  /// The strings of a list; nil, with a finding, if it is anything else.
  private mutating func texts(_ key: String) -> TokenTexts? {
    var texts = TokenTexts()
    if let array = metadata.array(key), metadata.forEachString(array, { texts.append($0) }) {
      return texts
    }
    add(.malformed, key, "the value is no list of strings")
    return nil
  }

  /// Both sides of each merge rule.
  private mutating func merges() -> TokenTexts {
    let key = "tokenizer.ggml.merges"
    var sides = TokenTexts()
    guard metadata.entry(key) != nil else { return sides }
    var flawed = TokenTexts()
    let isList = metadata.array(key).map {
      metadata.forEachString($0) { rule in
        if !sides.append(sidesOf: rule) { flawed.append(rule) }
      }
    }
    if isList != true { add(.malformed, key, "the value is no list of strings") }
    for rule in 0..<flawed.count {
      add(
        .malformed, key, "the rule '\(flawed.text(rule))' is not two tokens with a space between")
    }
    return sides
  }

  private mutating func add(_ rule: TokenizerRule, _ key: String, _ message: String) {
    findings.add(
      Finding(
        rule, in: metadata.file.path, item: key,
        at: metadata.entry(key)?.valueByteRange.lowerBound, message))
  }
}

extension TokenTexts {
  /// Appends what stands before and behind the only space of a merge rule.
  ///
  /// - Returns: Whether there is one space, and text on both sides; if not, nothing is appended.
  mutating func append(sidesOf rule: RawSpan) -> Bool {
    var space: Int?
    for offset in rule.byteOffsets where rule.byte(at: offset) == 0x20 {
      if space != nil { return false }
      space = offset
    }
    guard let space, space > 0, space + 1 < rule.byteCount else { return false }
    append(rule.extracting(0..<space))
    append(rule.extracting(space + 1..<rule.byteCount))
    return true
  }
}
