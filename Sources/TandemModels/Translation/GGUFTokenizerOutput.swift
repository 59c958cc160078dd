import TandemBytes
import TandemCheckpoints

/// Writes a vocabulary that came from `tokenizer.json` as GGUF metadata.
struct GGUFTokenizerOutput {
  private(set) var findings = Findings()
  private let vocabulary: Vocabulary
  /// The rows of the embedding: llama.cpp wants a token for each.
  private let rowCount: Int
  private let model: ModelConfiguration
  /// The source, as findings name it.
  private let file: String

  init(_ vocabulary: Vocabulary, _ model: ModelConfiguration, rowCount: Int, file: String) {
    self.vocabulary = vocabulary
    self.model = model
    self.rowCount = rowCount
    self.file = file
  }

  /// Adds the tokenizer's pairs.
  ///
  /// - Parameter name: The name of the pre-tokenizer; nil to find it by its description.
  mutating func add(to pairs: inout GGUFPairs, preTokenizer name: String?) {
    guard let kind = Self.kinds[vocabulary.kind] else {
      report(
        .unsupportedTokenizer, nil,
        "the tokenizer is of the kind \(vocabulary.kind.rawValue); byte-level BPE, BPE with byte fallback and WordPiece are translated"
      )
      return
    }
    guard vocabulary.tokenCount <= rowCount else {
      report(
        .tokenCount, nil,
        "the tokenizer has \(vocabulary.tokenCount) tokens, the embedding \(rowCount) rows")
      return
    }
    guard rowCount - vocabulary.tokenCount <= Self.mostPadding else {
      report(
        .tokenCount, nil,
        "the embedding has \(rowCount) rows for \(vocabulary.tokenCount) tokens; at most \(Self.mostPadding) are filled up"
      )
      return
    }
    pairs.set("tokenizer.ggml.model", kind)
    if let name = name ?? preTokenizer { pairs.set("tokenizer.ggml.pre", name) }
    let types = types
    pairs.set("tokenizer.ggml.tokens", texts: texts(types))
    pairs.set("tokenizer.ggml.token_type", integers: types.map(\.rawValue))
    switch vocabulary.kind {
    case .byteLevelBPE: pairs.set("tokenizer.ggml.merges", texts: merges())
    case .byteFallbackBPE:
      pairs.set(
        "tokenizer.ggml.scores", numbers: MergeScores.scores(vocabulary.merges, types))
      pairs.set("tokenizer.ggml.add_space_prefix", flag: addsSpacePrefix)
    default: break
    }
    addSpecialTokens(&pairs)
    if let template = vocabulary.chatTemplate { pairs.set("tokenizer.chat_template", template) }
    checkNormalizer()
  }

  /// The most rows without a token that get one, so that a shape alone costs no memory.
  private static let mostPadding = 1 << 20

  private static let kinds: [Vocabulary.Kind: String] = [
    .byteLevelBPE: "gpt2", .byteFallbackBPE: "llama", .wordPiece: "bert",
  ]

  private mutating func report(
    _ rule: TranslationRule, _ item: String?, _ message: String, remedy: String? = nil
  ) {
    findings.add(Finding(rule, in: file, item: item, message, remedy: remedy))
  }
}

/// Tokens, types and merge rules.
extension GGUFTokenizerOutput {
  /// The type of each row's token.
  private var types: [TokenType] {
    var types = [TokenType](repeating: .normal, count: rowCount)
    let tokens = vocabulary.tokens
    for id in 0..<rowCount {
      if id >= tokens.count || tokens[id].byteCount == 0 { types[id] = .unused }
    }
    for token in vocabulary.addedTokens {
      types[token.id] = token.isSpecial ? .control : .userDefined
    }
    guard vocabulary.kind == .byteFallbackBPE else { return types }
    if let id = vocabulary.unknownTokenID, id < rowCount { types[id] = .unknown }
    for byte in 0...255 {
      let digits = String(byte, radix: 16, uppercase: true)
      let text = "<0x\(byte < 16 ? "0" : "")\(digits)>"
      if let id = vocabulary.id(of: text) { types[id] = .byte }
    }
    return types
  }

  /// The text of each row's token as llama.cpp has it.
  private func texts(_ types: [TokenType]) -> TokenTexts {
    var texts = TokenTexts()
    for (id, type) in types.enumerated() {
      let text = id < vocabulary.tokenCount ? vocabulary.tokens.text(id) : ""
      let stored = text.isEmpty ? "[PAD\(id)]" : text
      switch (vocabulary.kind, type) {
      case (.wordPiece, .control): texts.append(stored)
      // Words begin with the mark of a space, and their continuations with nothing.
      case (.wordPiece, _):
        texts.append(stored.dropping(prefix: continuingPrefix) ?? "\u{2581}" + stored)
      // Added tokens are looked for before spaces become marks.
      case (.byteFallbackBPE, .userDefined):
        texts.append(stored.replacing("\u{2581}", with: " "))
      default: text.isEmpty ? texts.append(stored) : texts.append(vocabulary.tokens[id])
      }
    }
    return texts
  }

  private var continuingPrefix: String {
    vocabulary.pipeline?.options["continuing_subword_prefix"]?.string ?? "##"
  }

  private mutating func merges() -> TokenTexts {
    var rules = TokenTexts()
    for rule in vocabulary.merges {
      let (left, right) = (Int(rule.left), Int(rule.right))
      var bytes: [UInt8] = []
      bytes.append(vocabulary.tokens[left])
      bytes.append(0x20)
      bytes.append(vocabulary.tokens[right])
      if bytes.count(where: { $0 == 0x20 }) > 1 {
        report(
          .unsupportedTokenizer, vocabulary.tokens.text(Int(rule.merged)),
          "a merge rule has a token with a space, which ends a token in GGUF's rules")
      }
      rules.append(bytes.rawSpan)
    }
    return rules
  }
}

/// What stands around tokens.
extension GGUFTokenizerOutput {
  private mutating func addSpecialTokens(_ pairs: inout GGUFPairs) {
    func set(_ name: String, _ id: Int?) {
      if let id, id < rowCount { pairs.set("tokenizer.ggml.\(name)_token_id", count: id) }
    }
    let isEncoder = vocabulary.kind == .wordPiece
    let begin = vocabulary.bosTokenID ?? model.bosTokenID
    let end = vocabulary.tokenizerEOSTokenID ?? model.eosTokenIDs.first
    set("bos", begin)
    if isEncoder { set("cls", begin) }
    set(isEncoder ? "seperator" : "eos", end)
    set("unknown", vocabulary.unknownTokenID)
    set("padding", vocabulary.padTokenID ?? model.padTokenID)
    set("mask", vocabulary.maskTokenID)
    let others = (isEncoder ? [] : Set(model.eosTokenIDs + vocabulary.eosTokenIDs).sorted())
      .filter { $0 != end }
    for (name, id) in zip(["eot", "eom"], others) { set(name, id) }
    if others.count > 2 {
      report(
        .lostTokenizerPart, "eos_token_id",
        "\(others.count + 1) tokens end a text; GGUF has keys for three")
    }
    pairs.set("tokenizer.ggml.add_bos_token", flag: vocabulary.addsBOS)
    pairs.set(
      "tokenizer.ggml.add_\(isEncoder ? "sep" : "eos")_token", flag: vocabulary.addsEOS)
  }

  /// The name for how texts are cut, nil with a finding if there is none.
  private var preTokenizer: String? {
    mutating get {
      guard vocabulary.kind == .byteLevelBPE else {
        return vocabulary.kind == .wordPiece ? "bert-bge" : "default"
      }
      if let form { return form.names[0] }
      report(
        .unknownPreTokenizer, "pre_tokenizer",
        "GGUF has a name for each way to cut texts, and none is known for this one",
        remedy: "give the name that llama.cpp has for it: --pre NAME")
      return nil
    }
  }

  private var form: PreTokenizerForm? {
    PreTokenizerForm.described(
      by: vocabulary.pipeline?.parts["pre_tokenizer"], normalizer: normalizerTypes.last,
      ignoresMerges: vocabulary.pipeline?.options["ignore_merges"] == .bool(true))
  }

  /// Whether a space is put before a text: by the normalizer, or by a pre-tokenizer.
  private var addsSpacePrefix: Bool {
    if normalizerTypes.contains("Prepend") { return true }
    let cutter = vocabulary.pipeline?.parts["pre_tokenizer"]
    guard cutter?["type"]?.string == "Metaspace" else { return false }
    return cutter?["prepend_scheme"]?.string != "never"
      && cutter?["add_prefix_space"] != .bool(false)
  }

  /// The types of the normalizers, one after the other.
  private var normalizerTypes: [String] {
    let all = vocabulary.pipeline?.parts["normalizer"]
    let parts = all?["normalizers"]?.elements ?? [all].compactMap(\.self)
    return parts.compactMap { $0["type"]?.string }
  }

  /// Says what llama.cpp does otherwise before it cuts a text.
  private mutating func checkNormalizer() {
    let lowercases = vocabulary.pipeline?.parts["normalizer"]?["lowercase"] != .bool(false)
    let known: Set<String> =
      switch vocabulary.kind {
      case .wordPiece: lowercases ? ["BertNormalizer", "Lowercase", "NFD", "StripAccents"] : []
      case .byteFallbackBPE: ["Prepend", "Replace"]
      default: Set([form?.normalizer].compactMap(\.self))
      }
    for type in normalizerTypes where !known.contains(type) {
      report(
        .lostTokenizerPart, "normalizer",
        vocabulary.kind == .wordPiece
          ? "the tokenizer keeps upper case; llama.cpp makes all letters lower case"
          : "texts pass the normalizer '\(type)', which llama.cpp does without")
    }
  }
}

extension GGUFPairs {
  /// Gives a key a list of strings.
  mutating func set(_ key: String, texts: TokenTexts) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(texts.byteCount + 8 * texts.count)
    for index in 0..<texts.count {
      bytes.append(littleEndian: UInt64(texts[index].byteCount))
      bytes.append(texts[index])
    }
    set(key, .string, count: texts.count, bytes)
  }
}
