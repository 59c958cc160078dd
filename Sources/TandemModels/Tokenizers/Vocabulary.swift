public import TandemBytes
public import TandemCheckpoints

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
  /// The number of merge rules that the source has.
  public let mergeCount: Int
  /// The merge rules whose tokens are all there, the first of which is applied first.
  public let merges: [MergeRule]
  /// The scores by id; empty if the source has none.
  public internal(set) var scores: [Float] = []
  /// The tokenizer digest (`schemas/bundle.md`, section 6); zero if it was not asked for.
  public let digest: Digest
  /// The tokens that are told from a text's characters as a whole, by ascending id.
  public let addedTokens: [AddedToken]
  /// The tokens that stand for nothing, ascending: what fills a vocabulary up.
  public internal(set) var unusedTokenIDs: [Int] = []
  /// Whether a space is put before a text; nil if the source does not say.
  public internal(set) var addsSpacePrefix: Bool?
  /// What `tokenizer.json` says of its model and of what stands around it; nil of GGUF.
  public internal(set) var pipeline: TokenizerPipeline?

  public internal(set) var bosTokenID: Int?
  /// The tokens that end a text: those of generation_config.json, or else the tokenizer's.
  public internal(set) var eosTokenIDs: [Int]
  public internal(set) var padTokenID: Int?
  public internal(set) var unknownTokenID: Int?
  /// The token that hides a word from an encoder.
  public internal(set) var maskTokenID: Int?
  /// Whether the tokenizer puts the begin token before a text.
  public internal(set) var addsBOS: Bool
  /// Whether the tokenizer puts the end token behind a text.
  public internal(set) var addsEOS: Bool
  /// How a conversation becomes a text, in Jinja.
  public var chatTemplate: String?
  /// The end token that the tokenizer itself names.
  public internal(set) var tokenizerEOSTokenID: Int?
  /// The end tokens that generation_config.json names, nil if it names none.
  var generationEOSTokenIDs: [Int]?
  private let index: TokenIndex

  public var tokenCount: Int { tokens.count }

  /// The tokens that a tokenizer never makes out of a text's characters, ascending.
  public var specialTokenIDs: [Int] { addedTokens.compactMap { $0.isSpecial ? $0.id : nil } }

  /// The id of a token, nil if there is none with these bytes.
  public func id(of text: String) -> Int? {
    let bytes = Array(text.utf8)
    return id(of: bytes.rawSpan)
  }

  /// The id of a token, nil if there is none with these bytes.
  ///
  /// - Complexity: O(*n*) in the number of bytes.
  public func id(of bytes: RawSpan) -> Int? { index.find(bytes, in: tokens) }
}

/// Two tokens that become one.
public struct MergeRule: Hashable, Sendable, BitwiseCopyable {
  public let left: UInt32
  public let right: UInt32
  public let merged: UInt32

  public init(left: UInt32, right: UInt32, merged: UInt32) {
    self.left = left
    self.right = right
    self.merged = merged
  }
}

/// A token that is told from a text's characters as a whole.
public struct AddedToken: Hashable, Sendable {
  public var id: Int
  /// Whether a text may be read without it, as plain text, and shown without it.
  public var isSpecial = false
  /// Whether it takes white space before it.
  public var stripsLeft = false
  /// Whether it takes white space behind it.
  public var stripsRight = false
  /// Whether it is told only where no letter, digit or underscore touches it.
  public var isSingleWord = false
  /// Whether it is looked for in the normalised text.
  public var isNormalized = false

  public init(id: Int) { self.id = id }
}

/// What `tokenizer.json` says beyond tokens and merge rules.
public struct TokenizerPipeline: Sendable {
  /// The model's members other than its vocabulary and merge rules.
  public let options: [String: ConfigValue]
  /// `normalizer`, `pre_tokenizer`, `post_processor` and `decoder`, as far as they are there.
  public let parts: [String: ConfigValue]
  /// The texts of the tokens that are put before a text, and behind it.
  public let before: [String]
  public let behind: [String]
}

extension Vocabulary {
  /// Reads the tokens of a checkpoint: of GGUF metadata, or of `tokenizer.json` and the documents
  /// beside it.
  ///
  /// - Parameter includingDigest: Whether ``digest`` is made.
  /// - Returns: The vocabulary, nil if there is none that can be read, and all that is wrong with it.
  /// - Complexity: O(*n*) in the tokens and merge rules.
  public static func read(
    _ checkpoint: Checkpoint, includingDigest: Bool = true
  ) -> (vocabulary: Vocabulary?, findings: Findings) {
    switch checkpoint.metadata {
    case .gguf(let metadata):
      let reading = GGUFVocabulary(metadata, includingDigest: includingDigest)
      return (reading.vocabulary, reading.findings)
    case .safetensors, .pytorch:
      let reading = HuggingFaceVocabulary(checkpoint, includingDigest: includingDigest)
      return (reading.vocabulary, reading.findings)
    case .onnx, .absent: return (nil, Findings())
    }
  }

  init(
    _ content: VocabularyContent, kind: Kind, sourceKind: String, preTokenizer: String? = nil
  ) {
    self.kind = kind
    self.sourceKind = sourceKind
    self.preTokenizer = preTokenizer
    tokens = content.tokens
    mergeCount = content.mergeCount
    merges = content.merges
    digest = content.digest
    addedTokens = content.addedTokens.sorted { $0.id < $1.id }
    index = content.index
    eosTokenIDs = []
    addsBOS = false
    addsEOS = false
  }
}
