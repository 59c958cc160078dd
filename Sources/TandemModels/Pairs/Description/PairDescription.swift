public import TandemBytes
public import TandemTensors

/// How models work together: what PAIR.json says (`schemas/pair.md`), or what paths on a command
/// line stand for.
///
/// A property is nil if the description does not have it; what a kind needs and has not is a
/// finding of ``read(path:)``.
public struct PairDescription: Hashable, Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// The secondary reads projected states of the primary.
    case tandem
    /// The secondary drafts by itself.
    case independent
    /// A primary alone.
    case standalone
  }

  /// A file or folder, and where its content comes from.
  public struct Member: Hashable, Sendable {
    /// As written; relative to the description's folder.
    public var path: String
    public var derivation: Derivation?

    public init(path: String, derivation: Derivation? = nil) {
      self.path = path
      self.derivation = derivation
    }
  }

  /// What a member was made of, and how.
  public struct Derivation: Hashable, Sendable {
    /// The tensor-set digest of the source.
    public let digest: Digest
    /// Such as `gguf q8_0`.
    public let transform: String
  }

  public enum Boundary: String, Sendable, CaseIterable {
    /// A token sees itself and its own block through the secondary.
    case block
    /// As equation 2 of the paper has it: the last token of a block sees itself through the
    /// primary.
    case paper
  }

  public enum Acceptance: String, Sendable, CaseIterable {
    /// A drafted token stands if the primary finds it the likeliest.
    case greedy
    /// A drafted token stands with the probability that keeps the primary's distribution (Leviathan
    /// et al., 2023).
    case residual
  }

  /// How many tokens the secondary writes before the primary looks at them.
  public struct BlockLength: Hashable, Sendable {
    public var trained: Int?
    public var `default`: Int?
    public var maximum: Int?
  }

  public enum Vocabulary: Hashable, Sendable {
    /// One id means one token in both.
    case shared
    /// The secondary writes ids of its own, which one of its tensors maps to the primary's.
    case mapped(tensor: String, DraftMapConvention)
  }

  /// Where the embedding is that the secondary reads tokens through, if it has none of its own.
  public enum EmbeddingSource: String, Sendable, CaseIterable {
    case primary

    /// What the fields of a bundle's relation say; nil if the secondary has its own.
    public init?(fields: [String: FieldValue]) {
      guard case .string(let text)? = fields["embedding"] else { return nil }
      self.init(rawValue: text)
    }
  }

  public enum DraftMapConvention: String, Sendable, CaseIterable {
    /// The tensor holds the primary's ids.
    case id
    /// The tensor holds what is to be added to the secondary's id.
    case offset
  }

  /// PAIR.json's path, nil if the description stands for paths.
  public let file: String?
  public let kind: Kind
  public var primary: Member?
  public var secondary: Member?
  public var projection: Projection?
  public var router: Router?
  /// The tokenizer of both, where it is not the primary's.
  public var tokenizer: Member?
  public var layerMap: LayerMap?
  /// Whether the state after the last layer is taken behind the final norm.
  public var readsFinalNorm: Bool?
  /// Whether projected states pass the norm before the secondary's attention.
  public var normsProjected: Bool?
  public var boundary: Boundary?
  /// Whether the primary writes the first token of a block.
  public var writesFreeToken: Bool?
  public var blockLength: BlockLength?
  public var acceptance: Acceptance?
  public var vocabulary: Vocabulary?
  /// nil if the secondary has an embedding of its own.
  public var embedding: EmbeddingSource?
  /// The tensor-set digest of the primary that the others were made for.
  public var primaryDigest: Digest?
  /// The codes of warnings that the author accepts.
  public var allowedCodes: [String] = []
  /// Where keys stand in the file.
  var offsets: [String: Int] = [:]

  init(kind: Kind, file: String?) {
    self.kind = kind
    self.file = file
  }

  /// A description of models at paths: an independent pair, the primary alone, or, with a
  /// projection, a tandem of which nothing says how the secondary reads the primary.
  public init(primary: String, secondary: String? = nil, projection: String? = nil) {
    let isPair = secondary != nil
    self.init(kind: projection != nil ? .tandem : isPair ? .independent : .standalone, file: nil)
    self.primary = Member(path: primary)
    self.secondary = secondary.map { Member(path: $0) }
    self.projection = projection.map { Projection(member: Member(path: $0)) }
    if isPair { vocabulary = .shared }
  }
}

extension PairDescription {
  /// How findings name the description.
  var name: String { file ?? secondary?.path ?? primary?.path ?? "" }

  /// Where a member lies, from the working folder.
  public func path(of member: Member) -> String {
    file.map { Paths.join(Paths.folder($0), member.path) } ?? member.path
  }

  /// A finding on the description.
  func finding(
    _ rule: PairRule, _ key: String?, _ message: String, remedy: String? = nil
  ) -> Finding {
    Finding(
      rule, in: name, item: key, at: key.flatMap { offsets[$0] }, message, remedy: remedy)
  }
}
