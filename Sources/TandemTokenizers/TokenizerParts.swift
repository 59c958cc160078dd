import TandemBytes
import TandemModels

/// The parts of a tokenizer, as its vocabulary asks for them.
struct TokenizerParts {
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let model: TokenModel
  let decoding: TokenDecoding

  /// - Throws: ``Unsupported`` by the name of what is not known.
  init(_ vocabulary: Vocabulary) throws(Unsupported) {
    if let pipeline = vocabulary.pipeline {
      try self.init(vocabulary, pipeline)
    } else {
      try self.init(gguf: vocabulary)
    }
  }

  /// Of GGUF metadata, as llama.cpp reads them (`src/llama-vocab.cpp`).
  private init(gguf vocabulary: Vocabulary) throws(Unsupported) {
    normalizer = Normalizer()
    switch vocabulary.kind {
    case .byteLevelBPE:
      let name = vocabulary.preTokenizer ?? "default"
      // Files that were written before the key was, and their repairs, cut by GPT-2's pattern.
      let isUnnamed = name == "default" || name == "gpt2"
      guard let form = PreTokenizerForm.named(isUnnamed ? "gpt-2" : name),
        var preTokenizer = PreTokenizer(form)
      else {
        throw Unsupported("the pre-tokenizer '\(name)'")
      }
      if vocabulary.addsSpacePrefix == true {
        preTokenizer.prefix = [0x20]
        preTokenizer.prefixing = .first
      }
      self.preTokenizer = preTokenizer
      model = .bytePairs(
        BytePairModel(vocabulary, ignoresMerges: form.ignoresMerges, closesGaps: false))
      decoding = TokenDecoding(.byteLevel)
    case .byteFallbackBPE:
      let addsPrefix = vocabulary.addsSpacePrefix ?? true
      var preTokenizer = PreTokenizer()
      preTokenizer.marksSpaces = true
      if addsPrefix {
        preTokenizer.prefix = PreTokenizer.spaceMark
        preTokenizer.prefixing = .first
        preTokenizer.repeatsPrefix = true
      }
      self.preTokenizer = preTokenizer
      let symbols = CharacterSymbols(vocabulary, usesBytes: true, joinsUnknown: false)
      model = .scores(ScoreTable(vocabulary), symbols)
      decoding = TokenDecoding(
        .spaceMarks, stripsSpace: addsPrefix, marksEachStart: addsPrefix)
    default:
      throw Unsupported("the kind '\(vocabulary.sourceKind)' of GGUF tokenizer")
    }
  }

  /// Of `tokenizer.json`.
  private init(_ vocabulary: Vocabulary, _ pipeline: TokenizerPipeline) throws(Unsupported) {
    normalizer = try Normalizer(pipeline.parts["normalizer"])
    preTokenizer = try PreTokenizer(pipeline.parts["pre_tokenizer"])
    decoding = try TokenDecoding(pipeline.parts["decoder"])
    let options = pipeline.options
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = options[name]?.string, !text.isEmpty, vocabulary.kind != .wordPiece {
        throw Unsupported("the \(name) '\(text)'")
      }
    }
    let ignoresMerges = options["ignore_merges"] == .bool(true)
    switch vocabulary.kind {
    case .byteLevelBPE:
      model = .bytePairs(BytePairModel(vocabulary, ignoresMerges: ignoresMerges, closesGaps: true))
    case .bpe, .byteFallbackBPE:
      if ignoresMerges { throw Unsupported("ignore_merges without bytes as symbols") }
      let symbols = CharacterSymbols(
        vocabulary, usesBytes: vocabulary.kind == .byteFallbackBPE,
        joinsUnknown: options["fuse_unk"] == .bool(true))
      model = .characterPairs(MergeTable(vocabulary.merges), symbols)
    case .wordPiece:
      model = .wordPieces(
        WordPieceModel(
          vocabulary, prefix: options["continuing_subword_prefix"]?.string ?? "##",
          characterLimit: Self.characterLimit(options),
          unknownID: vocabulary.unknownTokenID))
    case .unigram, .wordLevel, .unknown:
      throw Unsupported("the model '\(vocabulary.sourceKind)'")
    }
  }

  private static func characterLimit(_ options: [String: ConfigValue]) -> Int {
    if case .unsigned(let limit)? = options["max_input_chars_per_word"] {
      return Int(clamping: limit)
    }
    return 100
  }
}
