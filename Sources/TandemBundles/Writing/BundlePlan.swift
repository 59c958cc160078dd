public import TandemBytes
public import TandemTensors

/// Everything that goes into a bundle, before a byte is written. Refers to mapped sources; copies
/// no tensor.
///
/// The writer trusts that names are unique within a member and that types, shapes and ranges agree:
/// whoever makes the plan has validated the members.
public struct BundlePlan: Sendable {
  /// In order of role.
  public var members: [Member] = []
  public var relations: [Relation] = []
  /// In the order of the file: those of one member stand together.
  public var payloads: [Payload] = []
  /// Documents, headers, tokenizers and templates, in the order of the file.
  public var sections: [Section] = []
  /// The source files of all members, for writing them again bit for bit.
  public var sourceFiles: [SourceFile] = []

  public init() {}

  public struct Member: Sendable {
    public var role: MemberRole
    public var name: String
    public var tensors: [Tensor]
    public var fields: [String: FieldValue]
    /// The index of the member that is its tokenizer.
    public var tokenizer: Int?
    public var tokenizerDigest: Digest?

    public init(
      role: MemberRole, name: String, tensors: [Tensor] = [], fields: [String: FieldValue] = [:],
      tokenizer: Int? = nil, tokenizerDigest: Digest? = nil
    ) {
      self.role = role
      self.name = name
      self.tensors = tensors
      self.fields = fields
      self.tokenizer = tokenizer
      self.tokenizerDigest = tokenizerDigest
    }
  }

  /// A name for a payload; several names of one payload are aliases.
  public struct Tensor: Sendable {
    public var name: String
    public var type: ElementType
    public var shape: Shape
    public var payload: Int

    public init(name: String, type: ElementType, shape: Shape, payload: Int) {
      self.name = name
      self.type = type
      self.shape = shape
      self.payload = payload
    }
  }

  /// Tensor bytes of a source file, or what is made from them on the way; the member is the one
  /// whose section holds them.
  public struct Payload: Sendable {
    public var file: MappedFile
    public var range: Range<Int>
    public var member: Int
    /// How the payload is made from the file's bytes; nil if it is they.
    public var making: (any PayloadMaking)?

    public init(
      file: MappedFile, range: Range<Int>, member: Int, making: (any PayloadMaking)? = nil
    ) {
      self.file = file
      self.range = range
      self.member = member
      self.making = making
    }

    /// The bytes that the bundle will hold.
    public var byteCount: Int { making?.byteCount ?? range.count }
  }

  public struct Relation: Sendable {
    public var kind: String
    public var from: Int
    public var to: Int
    public var fields: [String: FieldValue]

    public init(kind: String, from: Int, to: Int, fields: [String: FieldValue]) {
      self.kind = kind
      self.from = from
      self.to = to
      self.fields = fields
    }
  }

  public struct Section: Sendable {
    public var kind: SectionKind
    public var name: String
    public var member: Int?
    public var content: Content

    /// The plain bytes of a section.
    public enum Content: Sendable {
      /// Pieces of a mapped file, one after the other.
      case file(MappedFile, [Range<Int>])
      case bytes([UInt8])
    }

    public init(kind: SectionKind, name: String = "", member: Int?, content: Content) {
      self.kind = kind
      self.name = name
      self.member = member
      self.content = content
    }
  }

  /// How to write a source file of a member again.
  public struct SourceFile: Sendable {
    public var path: String
    public var member: Int
    /// The pieces of the file, from its beginning to its end.
    public var segments: [Segment]

    public init(path: String, member: Int, segments: [Segment]) {
      self.path = path
      self.member = member
      self.segments = segments
    }
  }
}

/// Makes a payload from bytes of a source while it is written: any part of it, on any thread.
public protocol PayloadMaking: Sendable {
  /// The bytes of the whole payload, known before any is made.
  var byteCount: Int { get }

  /// Writes a part of the payload.
  ///
  /// - Parameters:
  ///   - source: All bytes of the source.
  ///   - output: Room for the part, no more and no less.
  func write(_ part: Range<Int>, from source: RawSpan, into output: inout MutableRawSpan)
}

/// A piece of a source file (`schemas/bundle.md`, section 7).
public enum Segment: Hashable, Sendable {
  case zeros(byteCount: Int)
  /// Plain bytes of a section.
  ///
  /// In a plan the index counts the plan's sections, in a file all sections.
  case section(index: Int, range: Range<Int>)
  /// Canonical bytes of a payload.
  case payload(index: Int, range: Range<Int>)

  /// The largest alignment of a format that pads; more would let a small bundle fill a disk.
  public static let maximumZeroByteCount = 1 << 20

  /// A plan's segment with the index of its section in the file, where the block digests come
  /// first.
  var inFile: Segment {
    if case .section(let index, let range) = self {
      return .section(index: index + 1, range: range)
    }
    return self
  }

  public var byteCount: Int {
    switch self {
    case .zeros(let byteCount): byteCount
    case .section(_, let range), .payload(_, let range): range.count
    }
  }
}

extension BundlePlan.Section.Content {
  /// The number of plain bytes.
  public var byteCount: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .file(_, let ranges): ranges.reduce(0) { $0 + $1.count }
    }
  }

  /// The plain bytes, copied.
  public var plainBytes: [UInt8] {
    switch self {
    case .bytes(let bytes): return bytes
    case .file(let file, let ranges):
      var bytes: [UInt8] = []
      bytes.reserveCapacity(byteCount)
      for range in ranges { bytes.append(file.bytes.extracting(range)) }
      return bytes
    }
  }
}
