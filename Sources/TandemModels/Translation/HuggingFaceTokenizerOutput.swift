import TandemBytes
import TandemJSON

/// Writes a vocabulary that came from GGUF metadata as `tokenizer.json` and what stands beside it.
struct HuggingFaceTokenizerOutput {
  /// The documents by name.
  private(set) var documents: [(name: String, text: String)] = []
  private(set) var findings = Findings()
  private let vocabulary: Vocabulary
  private let model: ModelConfiguration
  /// The texts by id as tokenizer.json has them; nil for ids without token.
  private var texts: [String?] = []
  private var form: PreTokenizerForm?
  /// The source, as findings name it.
  private let file: String

  /// - Parameter preTokenizer: The name of the pre-tokenizer; nil for that of the metadata.
  init(
    _ vocabulary: Vocabulary, _ model: ModelConfiguration, preTokenizer: String?, file: String
  ) {
    self.vocabulary = vocabulary
    self.model = model
    self.file = file
    guard [.byteLevelBPE, .byteFallbackBPE, .wordPiece].contains(vocabulary.kind) else {
      report(
        .unsupportedTokenizer, "tokenizer.ggml.model",
        "the tokenizer is of the kind '\(vocabulary.sourceKind)'; gpt2, llama and bert are translated"
      )
      return
    }
    if vocabulary.kind == .byteLevelBPE {
      let name = preTokenizer ?? vocabulary.preTokenizer ?? "default"
      form = PreTokenizerForm.named(name)
      if form == nil {
        report(
          .unknownPreTokenizer, "tokenizer.ggml.pre",
          "no description is known for the way to cut texts that is called '\(name)'",
          remedy: "give the name of one that cuts alike: --pre NAME")
      }
    }
    takeTexts()
    checkScores()
    if findings.hasErrors { return }
    documents = [
      ("special_tokens_map.json", json(.object(roles))), ("tokenizer.json", tokenizerText),
      ("tokenizer_config.json", json(.object(configMembers))),
    ]
  }

  private mutating func report(
    _ rule: TranslationRule, _ item: String?, _ message: String, remedy: String? = nil
  ) {
    findings.add(Finding(rule, in: file, item: item, message, remedy: remedy))
  }

  private func json(_ value: JSONOutput) -> String { value.text(pretty: true) + "\n" }

  private mutating func takeTexts() {
    let unused = Set(vocabulary.unusedTokenIDs)
    let added = Dictionary(uniqueKeysWithValues: vocabulary.addedTokens.map { ($0.id, $0) })
    var seen: Set<ExactText> = []
    for id in 0..<vocabulary.tokenCount {
      guard let stored = vocabulary.tokens[id].utf8Text else {
        report(
          .unsupportedTokenizer, "tokenizer.ggml.tokens",
          "the token \(id), '\(vocabulary.tokens.text(id))', is not UTF-8, which JSON must be")
        texts.append(nil)
        continue
      }
      let text = text(stored, added[id])
      // What fills a vocabulary up to the embedding's rows, under llama.cpp's names for it.
      let isPadding = text.isEmpty || unused.contains(id) && text == "[PAD\(id)]"
      if !isPadding, !seen.insert(ExactText(text)).inserted {
        report(
          .lostTokenizerPart, "tokenizer.ggml.tokens",
          "the token \(id), '\(text)', has the text of another and is left out")
      } else if !isPadding {
        texts.append(text)
        continue
      }
      texts.append(nil)
    }
  }

  /// A token's text in tokenizer.json.
  private func text(_ stored: String, _ added: AddedToken?) -> String {
    switch vocabulary.kind {
    case .wordPiece:
      if added?.isSpecial == true { return stored }
      return stored.dropping(prefix: "\u{2581}") ?? "##" + stored
    case .byteFallbackBPE where added?.isSpecial == false:
      return stored.replacing(" ", with: "\u{2581}")
    default: return stored
    }
  }

  private mutating func checkScores() {
    guard vocabulary.kind == .byteFallbackBPE else { return }
    if vocabulary.scores.count == texts.count {
      let added = Set(vocabulary.addedTokens.map(\.id))
      let merged = texts.indices.filter {
        !added.contains($0) && !(texts[$0]?.hasPrefix("<0x") ?? true)
      }
      // Converters without SentencePiece's model give all tokens one score.
      if Set(merged.map { vocabulary.scores[$0] }).count > 1 { return }
    }
    report(
      .unsupportedTokenizer, "tokenizer.ggml.scores",
      "the tokens have no scores that differ, so that it is not known which are merged first")
  }
}

/// tokenizer.json.
extension HuggingFaceTokenizerOutput {
  private var tokenizerText: String {
    var text = ""
    var stream = JSONStream(pretty: true) { text += $0 }
    stream.beginObject()
    stream.write(.string("1.0"), key: "version")
    stream.write(.null, key: "truncation")
    stream.write(.null, key: "padding")
    stream.beginArray(key: "added_tokens")
    for token in vocabulary.addedTokens {
      if let json = json(token) { stream.write(json, onOneLine: true) }
    }
    stream.end()
    stream.write(normalizer, key: "normalizer")
    stream.write(preTokenizer, key: "pre_tokenizer")
    stream.write(postProcessor, key: "post_processor")
    stream.write(decoder, key: "decoder")
    stream.beginObject(key: "model")
    for (key, value) in modelMembers { stream.write(value, key: key) }
    stream.beginObject(key: "vocab")
    for (id, text) in texts.enumerated() {
      if let text { stream.write(.integer(id), key: text) }
    }
    stream.end()
    if vocabulary.kind != .wordPiece { writeMerges(&stream) }
    stream.end()
    stream.end()
    return text + "\n"
  }

  private func json(_ token: AddedToken) -> JSONOutput? {
    guard let text = texts[token.id] else { return nil }
    return .object([
      ("id", .integer(token.id)), ("content", .string(text)), ("single_word", .bool(false)),
      ("lstrip", .bool(false)), ("rstrip", .bool(false)), ("normalized", .bool(false)),
      ("special", .bool(token.isSpecial)),
    ])
  }

  private var modelMembers: [(String, JSONOutput)] {
    let unknown = tokenText(vocabulary.unknownTokenID).map { JSONOutput.string($0) } ?? .null
    if vocabulary.kind == .wordPiece {
      return [
        ("type", .string("WordPiece")), ("unk_token", unknown),
        ("continuing_subword_prefix", .string("##")), ("max_input_chars_per_word", .integer(100)),
      ]
    }
    let hasFallback = vocabulary.kind == .byteFallbackBPE
    return [
      ("type", .string("BPE")), ("dropout", .null), ("unk_token", hasFallback ? unknown : .null),
      ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null),
      ("fuse_unk", .bool(hasFallback)), ("byte_fallback", .bool(hasFallback)),
      ("ignore_merges", .bool(form?.ignoresMerges ?? false)),
    ]
  }

  private func writeMerges(_ stream: inout JSONStream) {
    stream.beginArray(key: "merges")
    func write(_ left: Int, _ right: Int) {
      guard let left = texts[left], let right = texts[right] else { return }
      stream.write(.array([.string(left), .string(right)]), onOneLine: true)
    }
    if vocabulary.kind == .byteFallbackBPE {
      let added = Set(vocabulary.addedTokens.lazy.filter { !self.isSpaces($0.id) }.map(\.id))
      var parts = TokenTexts()
      for (id, text) in texts.enumerated() {
        parts.append(added.contains(id) ? "" : text ?? "")
      }
      let spaces = Set(vocabulary.addedTokens.map(\.id))
      // Runs of spaces are tokens before anything is merged with one of them.
      for rule in MergeScores.rules(
        parts,
        score: {
          spaces.contains($0) ? .infinity : vocabulary.scores[$0]
        })
      {
        write(rule.left, rule.right)
      }
    } else {
      for rule in vocabulary.merges { write(Int(rule.left), Int(rule.right)) }
    }
    stream.end()
  }

  private func isSpaces(_ id: Int) -> Bool {
    texts[id]?.unicodeScalars.allSatisfy { $0 == "\u{2581}" } ?? false
  }

  private func tokenText(_ id: Int?) -> String? {
    guard let id, texts.indices.contains(id) else { return nil }
    return texts[id]
  }
}

/// What stands around the model.
extension HuggingFaceTokenizerOutput {
  private static let mark = "\u{2581}"

  private var normalizer: JSONOutput {
    switch vocabulary.kind {
    case .byteLevelBPE: return form?.normalizerJSON ?? .null
    case .wordPiece:
      return .object([
        ("type", .string("BertNormalizer")), ("clean_text", .bool(true)),
        ("handle_chinese_chars", .bool(true)), ("strip_accents", .null), ("lowercase", .bool(true)),
      ])
    default:
      let replace = Self.replace(" ", with: Self.mark)
      guard addsSpacePrefix else { return replace }
      let prepend = JSONOutput.object([
        ("type", .string("Prepend")), ("prepend", .string(Self.mark)),
      ])
      return .object([
        ("type", .string("Sequence")), ("normalizers", .array([prepend, replace])),
      ])
    }
  }

  /// llama.cpp puts a space before a text unless the file says no.
  private var addsSpacePrefix: Bool { vocabulary.addsSpacePrefix ?? true }

  private static func replace(_ old: String, with new: String) -> JSONOutput {
    .object([
      ("type", .string("Replace")), ("pattern", .object([("String", .string(old))])),
      ("content", .string(new)),
    ])
  }

  private var preTokenizer: JSONOutput {
    switch vocabulary.kind {
    case .byteLevelBPE: form?.json ?? .null
    case .wordPiece: .object([("type", .string("BertPreTokenizer"))])
    default: .null
    }
  }

  private var decoder: JSONOutput {
    switch vocabulary.kind {
    case .byteLevelBPE:
      return .object([
        ("type", .string("ByteLevel")), ("add_prefix_space", .bool(true)),
        ("trim_offsets", .bool(true)), ("use_regex", .bool(true)),
      ])
    case .wordPiece:
      return .object([
        ("type", .string("WordPiece")), ("prefix", .string("##")), ("cleanup", .bool(true)),
      ])
    default:
      var steps = [
        Self.replace(Self.mark, with: " "), .object([("type", .string("ByteFallback"))]),
        .object([("type", .string("Fuse"))]),
      ]
      if addsSpacePrefix {
        steps.append(
          .object([
            ("type", .string("Strip")), ("content", .string(" ")), ("start", .integer(1)),
            ("stop", .integer(0)),
          ]))
      }
      return .object([("type", .string("Sequence")), ("decoders", .array(steps))])
    }
  }

  /// The end token as the tokenizer has it: an encoder's separator, else the first that ends a text.
  private var endTokenID: Int? { vocabulary.tokenizerEOSTokenID ?? model.eosTokenIDs.first }

  private var postProcessor: JSONOutput {
    let before = vocabulary.addsBOS ? vocabulary.bosTokenID : nil
    let behind = vocabulary.addsEOS ? endTokenID : nil
    let tokens = [before, before == behind ? nil : behind]
      .compactMap { id in tokenText(id).map { (id: id ?? 0, text: $0) } }
    guard !tokens.isEmpty else { return .null }
    func special(_ id: Int?, _ segment: Int) -> [JSONOutput] {
      tokenText(id).map {
        [
          .object([
            ("SpecialToken", .object([("id", .string($0)), ("type_id", .integer(segment))]))
          ])
        ]
      } ?? []
    }
    func sequence(_ name: String, _ segment: Int) -> JSONOutput {
      .object([("Sequence", .object([("id", .string(name)), ("type_id", .integer(segment))]))])
    }
    let single = special(before, 0) + [sequence("A", 0)] + special(behind, 0)
    // An encoder's begin token stands before both texts, a decoder's before each.
    let second = vocabulary.kind == .wordPiece ? [] : special(before, 1)
    return .object([
      ("type", .string("TemplateProcessing")), ("single", .array(single)),
      ("pair", .array(single + second + [sequence("B", 1)] + special(behind, 1))),
      (
        "special_tokens",
        .object(
          tokens.map { token in
            (
              token.text,
              .object([
                ("id", .string(token.text)), ("ids", .array([.integer(token.id)])),
                ("tokens", .array([.string(token.text)])),
              ])
            )
          })
      ),
    ])
  }

  /// The tokens with a part to play, under their names in special_tokens_map.json.
  private var roles: [(String, JSONOutput)] {
    let isEncoder = vocabulary.kind == .wordPiece
    let all: [(String, Int?)] = [
      (isEncoder ? "cls_token" : "bos_token", vocabulary.bosTokenID ?? model.bosTokenID),
      (isEncoder ? "sep_token" : "eos_token", endTokenID),
      ("mask_token", vocabulary.maskTokenID),
      ("pad_token", vocabulary.padTokenID ?? model.padTokenID),
      ("unk_token", vocabulary.unknownTokenID),
    ]
    return all.compactMap { name, id in tokenText(id).map { (name, .string($0)) } }
  }

  private var configMembers: [(String, JSONOutput)] {
    let isEncoder = vocabulary.kind == .wordPiece
    var members = roles
    if isEncoder {
      members.append(("do_lower_case", .bool(true)))
    } else {
      members.append(("add_bos_token", .bool(vocabulary.addsBOS)))
      members.append(("add_eos_token", .bool(vocabulary.addsEOS)))
    }
    members.append(("clean_up_tokenization_spaces", .bool(isEncoder)))
    members.append(("model_max_length", .integer(model.contextLength)))
    members.append(
      ("tokenizer_class", .string(isEncoder ? "BertTokenizer" : "PreTrainedTokenizerFast")))
    if let template = vocabulary.chatTemplate {
      members.append(("chat_template", .string(template)))
    }
    return members.sorted { $0.0 < $1.0 }
  }
}
