public import TandemBytes

/// The tokens of a model: their texts by id, which are special, and what is put around a text.
public struct Vocabulary: Sendable {
  /// How texts are cut into tokens.
  public enum Kind: String, Sendable, CaseIterable {
    /// Merges over bytes that are written as printable characters (GPT-2).
    case byteLevelBPE = "byte-level BPE"
    /// Merges over characters, and bytes for those that are unknown (SentencePiece).
    case byteFallbackBPE = "BPE with byte fallback"
    case bpe = "BPE"
    case unigram = "Unigram"
    case wordPiece = "WordPiece"
    case wordLevel = "WordLevel"
    case unknown
  }

  public let kind: Kind
  /// How the source calls the kind: `BPE` of tokenizer.json, `gpt2` of GGUF.
  public let sourceKind: String
  /// The name of the rules by which GGUF cuts a text before merging, such as `smollm`.
  public let preTokenizer: String?
  /// The texts by id; an id without token has an empty one.
  public let tokens: TokenTexts
  public let mergeCount: Int
  /// The tokenizer digest (`schemas/bundle.md`, section 6).
  public let digest: Digest
  /// The tokens that a tokenizer never makes out of a text's characters, ascending.
  public let specialTokenIDs: [Int]
  /// The tokens added to the vocabulary as whole texts, special ones among them, ascending.
  public let addedTokenIDs: [Int]

  public internal(set) var bosTokenID: Int?
  /// The tokens that end a text: those of generation_config.json, or else the tokenizer's.
  public internal(set) var eosTokenIDs: [Int]
  public internal(set) var padTokenID: Int?
  public internal(set) var unknownTokenID: Int?
  /// Whether the tokenizer puts the begin token before a text.
  public internal(set) var addsBOS: Bool
  /// Whether the tokenizer puts the end token behind a text.
  public internal(set) var addsEOS: Bool
  /// How a conversation becomes a text, in Jinja.
  public internal(set) var chatTemplate: String?
  /// The end token that the tokenizer itself names.
  var tokenizerEOSTokenID: Int?
  /// The end tokens that generation_config.json names, nil if it names none.
  var generationEOSTokenIDs: [Int]?
  private let index: TokenIndex

  public var tokenCount: Int { tokens.count }

  /// The id of a token, nil if there is none with these bytes.
  public func id(of text: String) -> Int? {
    let bytes = Array(text.utf8)
    return index.find(bytes.rawSpan, in: tokens)
  }
}

extension Vocabulary {
  init(
    _ content: VocabularyContent, kind: Kind, sourceKind: String, preTokenizer: String? = nil
  ) {
    self.kind = kind
    self.sourceKind = sourceKind
    self.preTokenizer = preTokenizer
    tokens = content.tokens
    mergeCount = content.mergeCount
    digest = content.digest
    specialTokenIDs = content.specialTokenIDs.sorted()
    addedTokenIDs = content.addedTokenIDs.sorted()
    index = content.index
    eosTokenIDs = []
    addsBOS = false
    addsEOS = false
  }
}
