/// The constants of the bundle format, version 1 (`schemas/bundle.md`). Nothing else in the code
/// repeats them.
public enum BundleLayout {
  public static let magic: [UInt8] = [0x89, 0x54, 0x44, 0x4D, 0x0D, 0x0A, 0x1A, 0x0A]
  public static let version: UInt32 = 1
  public static let superblockByteCount = 4096
  /// Stands for "no member" where a member index is expected.
  public static let none: UInt32 = .max

  /// Offsets of the superblock's fields (section 3).
  enum Superblock {
    static let version = 8
    static let byteCount = 12
    static let requiredFeatures = 16
    static let optionalFeatures = 24
    static let fileByteCount = 32
    static let generation = 40
    static let directoryOffset = 48
    static let directoryByteCount = 56
    static let directoryDigest = 64
    static let sectionAlignment = 96
    static let tensorAlignment = 100
    static let reserved = 104..<4064
    static let ownDigest = 4064
  }

  /// The directory's tables, in their order, with the bytes of a record (section 4).
  enum Table: Int, CaseIterable {
    case members, tensors, payloads, sections, relations, fields, dimensions, values, strings

    var recordByteCount: Int {
      switch self {
      case .members: 128
      case .tensors: 16
      case .payloads: 24
      case .sections: 104
      case .relations: 24
      case .fields: 24
      case .dimensions, .values: 8
      case .strings: 1
      }
    }
  }

  static let tableEntryByteCount = 16
  static let tablesByteCount = Table.allCases.count * tableEntryByteCount
  static let maximumDirectoryByteCount = 1 << 30
  static let documentAlignment = 64
  static let tensorAlignment = 64
  static let pageByteCount = 4096
  static let maximumRank = 64
  static let maximumMemberNameByteCount = 255
  static let maximumMemberCount = 1024
  public static let maximumSectionCount = 4096
  /// The largest plain size of a section that is stored compressed: it is unpacked in memory.
  public static let maximumDocumentByteCount = 256 << 20
  /// The most plain bytes of a member's file map: it bounds the segments, which readers keep in
  /// memory.
  public static func maximumFileMapByteCount(tensorCount: Int) -> Int {
    (4 << 20) + 64 * tensorCount
  }
  /// What the source files of a member may have together beyond its tensors and what its bundle can
  /// hold: holes of zeros.
  static let maximumHoleByteCount = 1 << 30
  /// LZ4 cannot compress better; more is a lie that would cost memory.
  static let maximumCompressionRatio = 255

  /// Bits of the required features (section 3).
  enum Feature {
    static let lz4: UInt64 = 1 << 0
    static let known = lz4
  }

  /// The next multiple of an alignment that is a power of two.
  static func aligned(_ offset: Int, to alignment: Int) -> Int {
    (offset + alignment - 1) & ~(alignment - 1)
  }
}

/// What a member is in its bundle (section 4.1).
public enum MemberRole: UInt32, Sendable, CaseIterable {
  case primary = 1
  case secondary, projection, router, tokenizer

  /// Whether a bundle may have several members of the role.
  var mayRepeat: Bool { self == .tokenizer }
}

/// What a section of the file holds (section 4.4).
public enum SectionKind: UInt32, Sendable, CaseIterable {
  case tensors = 1
  case blockDigests, manifest, document, header, tokenizerMetadata, chatTemplate, fileMap

  /// The kind's place in the order of the file.
  var phase: Int {
    switch self {
    case .blockDigests: 0
    case .document, .header, .tokenizerMetadata, .chatTemplate, .fileMap: 1
    case .tensors: 2
    case .manifest: 3
    }
  }

  /// Whether a file has exactly one section of the kind.
  var isSingle: Bool { self == .blockDigests || self == .manifest }

  /// Whether the section belongs to a member (true), to the bundle (false), or may be either (nil).
  var belongsToMember: Bool? {
    switch self {
    case .tensors, .header, .tokenizerMetadata, .chatTemplate, .fileMap: true
    case .blockDigests, .manifest: false
    case .document: nil
    }
  }

  /// Whether the section has a file's path as its name.
  var isNamed: Bool { self == .document || self == .header }

  /// Whether the section may be stored as an LZ4 frame.
  var mayBeCompressed: Bool {
    switch self {
    case .tensors, .blockDigests, .manifest: false
    case .document, .header, .tokenizerMetadata, .chatTemplate, .fileMap: true
    }
  }
}
