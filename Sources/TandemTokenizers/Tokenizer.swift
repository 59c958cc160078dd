public import TandemBytes
public import TandemModels

/// Turns text into the tokens of a model, and tokens into text.
///
///     let tokenizer = try Tokenizer(vocabulary)
///     let ids = tokenizer.encode("Once upon a time")
///     let text = tokenizer.decode(ids)
///
/// What comes out equals what Hugging Face's `tokenizers` makes of the same `tokenizer.json`, and
/// llama.cpp of the same GGUF metadata.
public struct Tokenizer: Sendable {
  public let vocabulary: Vocabulary
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let model: TokenModel
  /// The added tokens that are looked for before normalising, and those after it.
  let added: AddedTokenMatcher
  let normalizedAdded: AddedTokenMatcher
  /// What is put before and behind a text.
  let before: [Int]
  let behind: [Int]
  let decoding: TokenDecoding

  /// Makes a tokenizer.
  ///
  /// - Parameter file: What the vocabulary was read from, as messages name it.
  /// - Throws: ``Finding`` if the tokenizer needs something that is not done here, or has
  ///   nothing that a text could become.
  /// - Complexity: O(*n*) in the tokens and merge rules.
  public init(_ vocabulary: Vocabulary, in file: String) throws(Finding) {
    do throws(Unsupported) {
      let parts = try TokenizerParts(vocabulary)
      normalizer = parts.normalizer
      preTokenizer = parts.preTokenizer
      model = parts.model
      decoding = parts.decoding
    } catch {
      throw Finding(
        TokenizerRule.unsupported, in: file, "the tokenizer needs \(error.what), which is not known"
      )
    }
    self.vocabulary = vocabulary
    (added, normalizedAdded) = Self.matchers(vocabulary, normalizer)
    func ids(_ texts: [String]?, _ adds: Bool, _ id: Int?) -> [Int] {
      if let texts, !texts.isEmpty { return texts.compactMap { vocabulary.id(of: $0) } }
      return adds ? [id].compactMap(\.self) : []
    }
    before = ids(vocabulary.pipeline?.before, vocabulary.addsBOS, vocabulary.bosTokenID)
    behind = ids(vocabulary.pipeline?.behind, vocabulary.addsEOS, vocabulary.tokenizerEOSTokenID)
  }

  private static func matchers(
    _ vocabulary: Vocabulary, _ normalizer: Normalizer
  ) -> (AddedTokenMatcher, AddedTokenMatcher) {
    var plain = AddedTokenMatcher()
    var normalized = AddedTokenMatcher()
    for token in vocabulary.addedTokens {
      let text = vocabulary.tokens[token.id]
      // Without a normaliser there is one stage only; the order of the stages does not matter then.
      if token.isNormalized && !normalizer.isIdentity {
        let bytes = normalizer.normalized(Array(text.lossyText.utf8))
        normalized.add(token, text: bytes.rawSpan)
      } else {
        plain.add(token, text: text)
      }
    }
    return (plain, normalized)
  }
}

extension Tokenizer {
  /// The tokens of a text.
  ///
  /// - Parameters:
  ///   - addsSpecial: Whether what the tokenizer puts before and behind a text is added.
  ///   - readsSpecial: Whether special tokens that are written in the text are told; if not, they
  ///     are plain text, as in what a user has typed.
  /// - Complexity: O(*n* log *n*) in the bytes of the longest word, O(*n*) in those of the text.
  public func encode(
    _ text: String, addingSpecial addsSpecial: Bool = true, readingSpecial readsSpecial: Bool = true
  ) -> [Int] {
    let bytes = Array(text.utf8)
    return encode(bytes.rawSpan, addingSpecial: addsSpecial, readingSpecial: readsSpecial)
  }

  /// The tokens of a text in UTF-8; each ill-formed part is read as U+FFFD.
  ///
  /// - Precondition: The text has less than 2³¹ bytes.
  public func encode(
    _ text: RawSpan, addingSpecial addsSpecial: Bool = true,
    readingSpecial readsSpecial: Bool = true
  ) -> [Int] {
    precondition(text.byteCount <= Int32.max, "encode: the text has 2 GiB or more")
    if !text.isWellFormed {
      return encode(
        text.lossyText, addingSpecial: addsSpecial, readingSpecial: readsSpecial)
    }
    var encoder = PieceEncoder(vocabulary)
    if addsSpecial { encoder.append(contentsOf: before) }
    var isFirst = true
    for fragment in fragments(of: text, added, readsSpecial) {
      switch fragment {
      case .token(let id): encoder.append(id)
      case .text(let range):
        encode(text.extracting(range), isFirst, readsSpecial, &encoder)
      }
      isFirst = decoding.marksEachStart && fragment.isToken
    }
    if addsSpecial { encoder.append(contentsOf: behind) }
    return encoder.ids
  }

  private func fragments(
    of text: RawSpan, _ matcher: AddedTokenMatcher, _ readsSpecial: Bool
  ) -> [Fragment] {
    matcher.fragments(
      of: text, readsSpecial: readsSpecial, skipsSpecial: vocabulary.pipeline != nil)
  }

  /// Appends the tokens of a text between added tokens.
  private func encode(
    _ text: RawSpan, _ isFirst: Bool, _ readsSpecial: Bool, _ encoder: inout PieceEncoder
  ) {
    if normalizer.isIdentity && preTokenizer.keepsText {
      return encoder.encode(text, preTokenizer, model)
    }
    let normalized = normalizer.normalized(text.array)
    var isFirst = isFirst
    for fragment in fragments(of: normalized.rawSpan, normalizedAdded, readsSpecial) {
      switch fragment {
      case .token(let id): encoder.append(id)
      case .text(let range):
        let prepared = preTokenizer.prepared(Array(normalized[range]), isFirst: isFirst)
        encoder.encode(prepared.rawSpan, preTokenizer, model)
      }
      isFirst = false
    }
  }
}

extension Fragment {
  var isToken: Bool { if case .token = self { true } else { false } }
}
