import TandemBytes
import TandemCheckpoints
import TandemJSON

/// Reads a vocabulary from the documents of a model folder.
struct HuggingFaceVocabulary {
  private(set) var vocabulary: Vocabulary?
  private(set) var findings = Findings()
  private let checkpoint: Checkpoint
  private let includingDigest: Bool

  init(_ checkpoint: Checkpoint, includingDigest: Bool = true) {
    self.checkpoint = checkpoint
    self.includingDigest = includingDigest
    guard let document = document("tokenizer.json") else {
      add(.noTokenizer, checkpoint.path, nil, "the folder has no tokenizer.json")
      return
    }
    let path = document.file.path
    do throws(JSONFailure) {
      let file = try TokenizerFile(document.file.bytes)
      guard !file.ids.isEmpty else {
        add(.malformed, path, nil, "the tokenizer has no vocabulary")
        return
      }
      vocabulary = vocabulary(file, path)
    } catch {
      findings.add(
        Finding(TokenizerRule.malformed, in: path, at: error.offset, error.message))
    }
  }

  private func document(_ name: String) -> Document? {
    checkpoint.documents.first { $0.name == name }
  }

  private mutating func add(
    _ rule: TokenizerRule, _ file: String, _ item: String?, _ message: String
  ) {
    findings.add(Finding(rule, in: file, item: item, message))
  }

  /// The members of a small document; empty, with a finding, if it holds anything but an object.
  private mutating func members(_ name: String) -> [String: PlacedValue] {
    guard let document = document(name), document.file.byteCount <= 16 << 20 else { return [:] }
    var json = JSONReader(document.file.bytes)
    do throws(JSONFailure) {
      if let members = try ConfigValue(&json).members { return members }
      add(.malformed, document.file.path, nil, "the file holds no object")
    } catch {
      findings.add(
        Finding(TokenizerRule.malformed, in: document.file.path, at: error.offset, error.message))
    }
    return [:]
  }

  private mutating func vocabulary(_ file: TokenizerFile, _ path: String) -> Vocabulary {
    var table = TokenTable(file, path)
    var content = VocabularyContent(file: path, texts: table.texts, entries: table.entries())
    var added: [Int: AddedToken] = [:]
    for (token, _) in file.added where token.id < content.tokens.count { added[token.id] = token }
    content.addedTokens = Array(added.values)
    content.finish(
      merges: file.merges, continuingPrefix: file.continuingPrefix,
      includingDigest: includingDigest)
    findings.add(contentsOf: table.findings)
    findings.add(contentsOf: content.findings)
    let kind = file.kind
    if kind == .unknown {
      add(
        .unknownKind, path, "model",
        "the kind of tokenizer '\(file.modelType ?? "")' is not known")
    }
    var vocabulary = Vocabulary(content, kind: kind, sourceKind: file.modelType ?? "BPE")
    setSpecialTokens(&vocabulary, file)
    return vocabulary
  }

  private mutating func setSpecialTokens(_ vocabulary: inout Vocabulary, _ file: TokenizerFile) {
    let config = members("tokenizer_config.json")
    let map = members("special_tokens_map.json")
    var ids: [String: Int] = [:]
    for name in Self.specialNames {
      reportKind(of: config[name], name, "tokenizer_config.json")
      reportKind(of: map[name], name, "special_tokens_map.json")
      let inConfig = Self.text(of: config[name]?.value)
      guard let text = inConfig ?? Self.text(of: map[name]?.value) else { continue }
      ids[name] = vocabulary.id(of: text)
      if ids[name] == nil {
        let source = inConfig == nil ? "special_tokens_map.json" : "tokenizer_config.json"
        add(
          .missingSpecialToken, document(source)?.file.path ?? source, name,
          "the token '\(text)' is not in the vocabulary")
      }
    }
    // Encoders mark begin and end with tokens of other names.
    vocabulary.bosTokenID = ids["bos_token"] ?? ids["cls_token"]
    let end = ids["eos_token"] ?? ids["sep_token"]
    vocabulary.padTokenID = ids["pad_token"]
    vocabulary.maskTokenID = ids["mask_token"]
    vocabulary.unknownTokenID =
      ids["unk_token"] ?? file.unknownToken.flatMap { vocabulary.id(of: $0) } ?? file.unknownID
    setBehaviour(&vocabulary, file, config, end: end)
    setEnds(&vocabulary, end: end)
    vocabulary.chatTemplate = chatTemplate(config)
  }

  /// Finds a special token that is neither a text nor an object with one; null stands for none.
  private mutating func reportKind(of value: PlacedValue?, _ name: String, _ source: String) {
    guard let value, value.value != .null, Self.text(of: value.value) == nil else { return }
    findings.add(
      Finding(
        TokenizerRule.malformed, in: document(source)?.file.path ?? source, item: name,
        at: value.offset,
        "the value is \(value.value.phrase); a text or an object with 'content' is allowed"))
  }

  /// Whether begin and end tokens are added: as the post-processor does, or else as the
  /// configuration says.
  private mutating func setBehaviour(
    _ vocabulary: inout Vocabulary, _ file: TokenizerFile, _ config: [String: PlacedValue],
    end: Int?
  ) {
    let processor = PostProcessor(file.parts["post_processor"])
    vocabulary.pipeline = TokenizerPipeline(
      options: file.options, parts: file.parts, before: processor.before,
      behind: processor.behind)
    let known = vocabulary
    let adds = { (texts: [String], token: Int?) in
      token != nil && texts.contains { known.id(of: $0) == token }
    }
    let saysBOS = config["add_bos_token"]?.value
    let saysEOS = config["add_eos_token"]?.value
    if processor.isKnown {
      vocabulary.addsBOS = adds(processor.before, vocabulary.bosTokenID)
      vocabulary.addsEOS = adds(processor.behind, end)
      if let saysBOS, saysBOS != .null, saysBOS != .bool(vocabulary.addsBOS) {
        add(
          .beginBehaviour, document("tokenizer_config.json")?.file.path ?? checkpoint.path,
          "add_bos_token",
          "the value is \(saysBOS.phrase), but the post-processor in tokenizer.json "
            + (vocabulary.addsBOS ? "adds the begin token" : "does not add the begin token"))
      }
    } else {
      vocabulary.addsBOS = saysBOS == .bool(true) && vocabulary.bosTokenID != nil
      vocabulary.addsEOS = saysEOS == .bool(true) && end != nil
      if saysBOS == .bool(true), vocabulary.bosTokenID == nil {
        add(
          .beginBehaviour, document("tokenizer_config.json")?.file.path ?? checkpoint.path,
          "add_bos_token", "the begin token is to be added, but none is named")
      }
    }
  }

  private mutating func setEnds(_ vocabulary: inout Vocabulary, end: Int?) {
    vocabulary.tokenizerEOSTokenID = end
    vocabulary.eosTokenIDs = [end].compactMap(\.self)
    guard let document = document("generation_config.json") else { return }
    let members = members("generation_config.json")
    var reader = ConfigReader(file: document.file.path, rule: FolderRule.badConfigValue) {
      members[$0]
    }
    if let ids = reader.tokenIDs(.eosTokenID), !ids.isEmpty {
      vocabulary.generationEOSTokenIDs = ids
      vocabulary.eosTokenIDs = ids
    }
    findings.add(contentsOf: reader.findings)
  }

  /// The template of the configuration, which may be one of several with names, or of a file of its
  /// own.
  private mutating func chatTemplate(_ config: [String: PlacedValue]) -> String? {
    switch config["chat_template"]?.value {
    case .string(let text): return text
    case .list(let templates):
      let named = templates.compactMap(\.members)
      let first = named.first { $0["name"]?.value == .string("default") } ?? named.first
      if let text = first?["template"]?.value.string { return text }
    default: break
    }
    if let file = document("chat_template.jinja")?.file { return file.bytes.utf8Text }
    return members("chat_template.json")["chat_template"]?.value.string
  }

  private static let specialNames = [
    "bos_token", "eos_token", "pad_token", "unk_token", "cls_token", "sep_token", "mask_token",
  ]

  /// The text of a special token, which may be an object with its text and flags.
  private static func text(of value: ConfigValue?) -> String? {
    value?.string ?? value?.members?["content"]?.value.string
  }
}

extension TokenizerFile {
  fileprivate var kind: Vocabulary.Kind {
    switch modelType ?? (merges.count > 0 ? "BPE" : "") {
    case "BPE":
      if hasByteFallback { return .byteFallbackBPE }
      return isByteLevel ? .byteLevelBPE : .bpe
    case "Unigram": return .unigram
    case "WordPiece": return .wordPiece
    case "WordLevel": return .wordLevel
    default: return .unknown
    }
  }

  private var isByteLevel: Bool {
    [parts["pre_tokenizer"], parts["decoder"]].contains { $0?.hasByteLevel ?? false }
  }
}

extension ConfigValue {
  /// Whether it is, or holds in a sequence, a part of type `ByteLevel`.
  fileprivate var hasByteLevel: Bool {
    guard let members else { return false }
    if members["type"]?.value == .string("ByteLevel") { return true }
    let parts = members["pretokenizers"] ?? members["decoders"]
    if case .list(let parts)? = parts?.value { return parts.contains(where: \.hasByteLevel) }
    return false
  }
}
