import TandemBytes
import TandemCheckpoints

/// Compares the tokens of a pair: one id must mean one token, text for text.
///
/// llama.cpp allows sizes that differ by 128 and skips the first five ids; here every id counts.
struct VocabularyCheck {
  private let description: PairDescription
  private let primary: Model
  private let secondary: Model
  private(set) var findings = Findings()

  init(_ pair: Pair, primary: Model, secondary: Model) {
    description = pair.description
    self.primary = primary
    self.secondary = secondary
    let named = pair.tokenizer
    if let named, let own = primary.vocabulary {
      compare(named, own, "the named tokenizer", "the primary")
    }
    let first = named ?? primary.vocabulary
    let second = secondary.vocabulary ?? named
    if first == nil { reportMissing(primary, "primary") }
    if second == nil { reportMissing(secondary, "secondary") }
    var areSame = false
    if let first, let second {
      areSame = compare(
        first, second, named == nil ? "the primary" : "the named tokenizer", "the secondary")
    }
    compareSizes(haveTokenizers: first != nil && second != nil, areSame: areSame)
  }

  private mutating func reportMissing(_ model: Model, _ role: String) {
    findings.add(
      Finding(
        PairRule.noTokenizer, in: model.checkpoint.path,
        "the \(role) has no tokenizer, so that its tokens cannot be compared",
        remedy: "name the tokenizer of both in PAIR.json, if they have one"))
  }

  private mutating func compareSizes(haveTokenizers: Bool, areSame: Bool) {
    guard let first = primary.configuration?.vocabularySize,
      let second = secondary.configuration?.vocabularySize, first != second
    else { return }
    if !haveTokenizers {
      add(
        .vocabularySize,
        "the primary has \(first) token ids, the secondary \(second); without tokenizers equal numbers are needed"
      )
    } else if areSame {
      add(
        .paddingRows,
        "the primary has \(first) rows for tokens, the secondary \(second), and the tokens are the same: "
          + "\(abs(first - second)) rows are padding",
        remedy: "logits are compared for the tokens only")
    }
  }

  /// - Returns: Whether all ids have the same text, and none is missing.
  @discardableResult
  private mutating func compare(
    _ first: Vocabulary, _ second: Vocabulary, _ firstName: String, _ secondName: String
  ) -> Bool {
    var areSame = first.digest == second.digest
    if !areSame {
      let comparison = TokenComparison(first, second)
      areSame = comparison.areSame
      report(comparison, first, second, firstName, secondName)
      if comparison.areUnrelated { return false }
    }
    compareEnds(first, second, firstName, secondName)
    if secondName == "the secondary" { compareTemplates(first, second) }
    return areSame
  }

  private mutating func report(
    _ comparison: TokenComparison, _ first: Vocabulary, _ second: Vocabulary, _ firstName: String,
    _ secondName: String
  ) {
    if let id = comparison.firstDifference {
      let others = comparison.differenceCount - 1
      let more =
        others == 0
        ? "" : others == 1 ? ", and 1 other id differs" : ", and \(others) other ids differ"
      add(
        .otherToken,
        "id \(id) is \(first.quoted(id)) in \(firstName) and \(second.quoted(id)) in \(secondName)\(more)",
        remedy: "a draft would be read as other text; take models with one tokenizer")
      if comparison.areUnrelated { return }
    }
    let (count, otherCount) = (comparison.firstCount, comparison.secondCount)
    if otherCount > count {
      add(
        .draftOnlyTokens,
        "\(secondName) has \(otherCount) tokens, \(firstName) \(count): id \(count) is "
          + "\(second.quoted(count)) and unknown there",
        remedy: "the secondary could draft tokens that the primary has no row for")
    } else if count > otherCount {
      add(
        .missingDraftTokens,
        "\(firstName) has \(count) tokens, \(secondName) \(otherCount): id \(otherCount) is "
          + "\(first.quoted(otherCount)) and unknown there",
        remedy: "the secondary never drafts them, and must not be fed them")
    } else if comparison.firstDifference == nil, comparison.cutsDiffer {
      add(
        .mergeRules,
        "the tokens are the same, but \(firstName) and \(secondName) put them together by other rules",
        remedy: "the primary's tokenizer is used; the secondary was trained on texts cut otherwise")
    }
  }

  /// Compares what stands around texts, and what ends them.
  private mutating func compareEnds(
    _ first: Vocabulary, _ second: Vocabulary, _ firstName: String, _ secondName: String
  ) {
    let firstPhrase = first.addedPhrase
    let secondPhrase = second.addedPhrase
    if firstPhrase != secondPhrase {
      add(
        .addedEnds,
        "\(firstName) \(firstPhrase), \(secondName) \(secondPhrase)",
        remedy: "the secondary would read texts that it was not trained on")
    }
    let lists = [
      (
        "begins a text", [first.bosTokenID].compactMap(\.self),
        [second.bosTokenID].compactMap(\.self)
      ),
      ("ends a text", first.eosTokenIDs.sorted(), second.eosTokenIDs.sorted()),
    ]
    for (what, firstIDs, secondIDs) in lists
    where firstIDs != secondIDs && firstPhrase == secondPhrase {
      add(
        .specialTokens,
        "what \(what) is \(first.phrase(firstIDs)) in \(firstName) and \(second.phrase(secondIDs)) in \(secondName)",
        remedy: "the primary's is used")
    }
    if first.specialTokenIDs != second.specialTokenIDs {
      let only = Set(first.specialTokenIDs).symmetricDifference(second.specialTokenIDs).sorted()
      add(
        .specialTokens,
        "\(only.count == 1 ? "1 token is" : "\(only.count) tokens are") special in only one of \(firstName) and "
          + "\(secondName), first \(first.phrase([only[0]]))"
      )
    }
  }

  private mutating func compareTemplates(_ first: Vocabulary, _ second: Vocabulary) {
    guard let other = second.chatTemplate, other != first.chatTemplate else { return }
    let found =
      first.chatTemplate == nil
      ? "only the secondary has a chat template" : "the chat templates differ"
    add(
      .chatTemplates, "\(found); the primary's is used",
      remedy: "the secondary may have learnt conversations in another form, and draft worse in them"
    )
  }

  private mutating func add(_ rule: PairRule, _ message: String, remedy: String? = nil) {
    findings.add(
      Finding(
        rule, in: secondary.checkpoint.path, item: "tokenizer", message, remedy: remedy))
  }
}

extension Vocabulary {
  /// What the tokenizer adds to a text, for a person.
  fileprivate var addedPhrase: String {
    let begin = addsBOS ? bosTokenID.map(quoted) : nil
    let end = addsEOS ? eosTokenIDs.first.map(quoted) : nil
    return switch (begin, end) {
    case (nil, nil): "puts nothing around a text"
    case (let begin?, nil): "puts \(begin) before a text"
    case (nil, let end?): "puts \(end) behind a text"
    case (let begin?, let end?): "puts \(begin) before and \(end) behind a text"
    }
  }

  /// The text of a token between quotes, cut if it is long; empty if there is no such token.
  fileprivate func quoted(_ id: Int) -> String {
    let text = id < tokenCount ? tokens.text(id) : ""
    let start = text.unicodeScalars.prefix(60)
    return start.endIndex == text.unicodeScalars.endIndex ? "'\(text)'" : "'\(String(start))…'"
  }

  /// Ids with their texts.
  fileprivate func phrase(_ ids: [Int]) -> String {
    let parts = ids.map { "\($0) (\(quoted($0)))" }
    return parts.isEmpty ? "nothing" : parts.enumeration
  }
}
