import TandemBytes

/// Compares a tokenizer with the configuration of its model.
struct TokenizerCheck {
  private(set) var findings = Findings()
  private let model: ModelConfiguration
  private let statedEnds: [Int]
  private let rowCount: Int?
  private let file: String

  /// - Parameters:
  ///   - statedEnds: The end tokens that the configuration names by itself.
  ///   - rowCount: The rows of the embedding; nil if they are not known.
  ///   - file: The checkpoint, as findings name it.
  init(
    _ vocabulary: Vocabulary?, _ model: ModelConfiguration, statedEnds: [Int], rowCount: Int?,
    in file: String
  ) {
    self.model = model
    self.statedEnds = statedEnds
    self.rowCount = rowCount
    self.file = file
    // A vocabulary without a size has a finding of its own.
    guard model.vocabularySize > 0 else { return }
    checkConfiguration()
    guard let vocabulary else { return }
    checkCount(vocabulary)
    checkIDs(vocabulary)
    checkEnds(vocabulary)
    checkAgreement(vocabulary)
    if vocabulary.addsBOS, vocabulary.bosTokenID == nil, model.bosTokenID == nil {
      add(.beginBehaviour, nil, "the tokenizer adds a begin token, but none is named")
    }
  }

  private mutating func add(
    _ rule: TokenizerRule, _ item: String?, _ message: String, remedy: String? = nil
  ) {
    findings.add(Finding(rule, in: file, item: item, message, remedy: remedy))
  }

  private mutating func checkID(_ id: Int?, _ name: String, _ place: String) {
    guard let id, id >= model.vocabularySize else { return }
    add(
      .idOutOfRange, name,
      "\(place) gives the id \(id); ids below the vocabulary size \(model.vocabularySize) are allowed"
    )
  }

  private mutating func checkConfiguration() {
    checkID(model.bosTokenID, "begin token", "the configuration")
    checkID(model.padTokenID, "padding token", "the configuration")
    for id in statedEnds { checkID(id, "end token", "the configuration") }
  }

  private mutating func checkCount(_ vocabulary: Vocabulary) {
    let (count, size) = (vocabulary.tokenCount, model.vocabularySize)
    if count > size {
      let remedy =
        rowCount.map { $0 >= count } ?? false
        ? "the embedding has rows for them: set the vocabulary size to \(rowCount ?? count)"
        : "the last \(count - size) ids would be read beyond the embedding"
      add(
        .tooManyTokens, nil,
        "the tokenizer has \(count) tokens, the configuration's vocabulary size is \(size)",
        remedy: remedy)
    } else if count < size {
      add(
        .fewerTokens, nil,
        "the tokenizer has \(count) tokens, the model \(size) rows: \(size - count) are padding")
    }
  }

  /// The ids of the tokenizer that the configuration does not have as well.
  private mutating func checkIDs(_ vocabulary: Vocabulary) {
    let known = [model.bosTokenID, model.padTokenID].compactMap(\.self) + statedEnds
    func check(_ id: Int?, _ name: String, _ place: String = "the tokenizer") {
      if let id, !known.contains(id) { checkID(id, name, place) }
    }
    check(vocabulary.bosTokenID, "begin token")
    check(vocabulary.padTokenID, "padding token")
    check(vocabulary.unknownTokenID, "unknown token")
    let ends = vocabulary.generationEOSTokenIDs == nil ? "the tokenizer" : "generation_config.json"
    for id in vocabulary.eosTokenIDs { check(id, "end token", ends) }
  }

  private mutating func checkEnds(_ vocabulary: Vocabulary) {
    guard let ends = vocabulary.generationEOSTokenIDs, !statedEnds.isEmpty else { return }
    let (generation, config) = (Set(ends), Set(statedEnds))
    let list = { (ids: Set<Int>) in ids.sorted().map(String.init).joined(separator: ", ") }
    if !config.isSubset(of: generation) {
      add(
        .endDisagreement, "eos_token_id",
        "generation_config.json has \(list(generation)), config.json \(list(config))",
        remedy: "engines that read one of them do not stop at the other's")
    } else if generation != config {
      add(
        .moreEnds, "eos_token_id",
        "generation_config.json has \(list(generation)), config.json \(list(config))")
    }
  }

  private mutating func checkAgreement(_ vocabulary: Vocabulary) {
    func compare(_ name: String, _ tokenizer: Int?, _ config: Int?) {
      guard let tokenizer, let config, tokenizer != config else { return }
      add(
        .specialDisagreement, name,
        "the tokenizer gives \(phrase(tokenizer, vocabulary)), the configuration "
          + phrase(config, vocabulary))
    }
    compare("begin token", vocabulary.bosTokenID, model.bosTokenID)
    compare("padding token", vocabulary.padTokenID, model.padTokenID)
    if let end = vocabulary.tokenizerEOSTokenID, !statedEnds.contains(end),
      !vocabulary.eosTokenIDs.contains(end)
    {
      compare("end token", end, statedEnds.first)
    }
  }

  private func phrase(_ id: Int, _ vocabulary: Vocabulary) -> String {
    guard id < vocabulary.tokenCount else { return "\(id)" }
    return "\(id) ('\(vocabulary.tokens.text(id))')"
  }
}
