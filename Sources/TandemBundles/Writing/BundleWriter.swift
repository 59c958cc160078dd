public import TandemBytes

/// Writes a plan as a bundle: the same bytes for the same plan, always.
///
/// Tensor bytes go from the mapped sources to the file in blocks of 1 MiB that all cores make, hash
/// and write at the same time; no memory grows with the model's size but 32 bytes a block.
public struct BundleWriter: Sendable {
  /// Documents, compressed where that saves at least a sixteenth.
  private let documents: [StoredDocument]
  private let layout: WritingLayout
  private let plan: BundlePlan
  /// The bytes that the bundle will have.
  public let byteCount: Int

  /// Lays a plan out: compresses its documents and gives everything its place.
  ///
  /// - Complexity: O(*n*) in the tensors and in the bytes of the documents; tensor data are not
  ///   touched.
  public init(_ plan: BundlePlan) {
    var builder = DirectoryBuilder()
    var documents = plan.sections.map { StoredDocument($0) }
    for index in plan.members.indices {
      let files = plan.sourceFiles.filter { $0.member == index }
        .map { (path: builder.intern($0.path), segments: $0.segments.map(\.inFile)) }
      if !files.isEmpty {
        documents.append(
          StoredDocument(kind: .fileMap, member: index, plain: FileMap.bytes(files)))
      }
    }
    let layout = WritingLayout(plan, documents: documents, builder: builder)
    self.plan = plan
    self.documents = documents
    self.layout = layout
    // All digests take the same room, so that a draft with others has the length of the manifest.
    let draft = PayloadDigests(
      blocks: Array(repeating: SHA256Hasher.digest(of: RawSpan()), count: layout.blockCount))
    byteCount =
      layout.directory(plan, documents: documents, digests: draft).superblock.fileByteCount
  }

  /// The bytes of the tensors.
  public var payloadByteCount: Int { plan.payloads.reduce(0) { $0 + $1.byteCount } }

  /// Writes the bundle.
  ///
  /// - Parameters:
  ///   - replacing: Whether a file at the path may be replaced.
  ///   - progress: Called from several threads with a number of tensor bytes that are done.
  /// - Returns: The bundle's digest.
  /// - Throws: ``FileError``, or ``Finding`` if a reader would refuse the bundle; then nothing is
  ///   left at the path that was not there before.
  public func write(
    to path: String, replacing: Bool, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> Digest {
    let output = try OutputFile(path: path, replacing: replacing)
    try output.reserve(byteCount)
    let blocks = try writePayloads(to: output, progress)
    let directory = layout.directory(
      plan, documents: documents, digests: PayloadDigests(blocks: blocks))
    for (document, offset) in zip(documents, layout.documentOffsets) {
      try document.write(to: output, at: offset)
    }
    try output.write(blocks.rawSpan, at: layout.blockDigestsOffset)
    try output.write(directory.manifest.rawSpan, at: layout.manifestOffset)
    try output.write(directory.bytes.rawSpan, at: layout.directoryOffset)
    try output.write(directory.superblock.bytes.rawSpan, at: 0)
    // The reader's rules are many; what it would refuse must not take the place of its sources.
    _ = try TandemBundle(MappedFile(path: output.pathBeforeCommit, named: path))
    try output.commit()
    return directory.superblock.directoryDigest
  }

  /// Copies and hashes all tensor bytes on all cores.
  ///
  /// - Returns: The digests of all blocks.
  private func writePayloads(
    to output: OutputFile, _ progress: @escaping @Sendable (Int) -> Void
  ) throws -> [Digest] {
    try output.writePieces(
      layout.blockCount, place: { layout.block($0).place },
      make: { number, stretch in
        let block = layout.block(number)
        plan.payloads[block.payload].add(block.range, to: &stretch, at: block.place.lowerBound)
        progress(block.range.count)
        // What is hashed is what will be written, even if somebody changes the source meanwhile.
        return SHA256Hasher.digest(of: stretch.latestBytes)
      })
  }
}

extension BundlePlan.Payload {
  /// Adds a part of the payload to a stretch of the bundle.
  fileprivate func add(_ part: Range<Int>, to stretch: inout FileStretch, at offset: Int) {
    let source = file.bytes.extracting(range)
    guard let making else { return stretch.add(source.extracting(part), at: offset) }
    stretch.add(byteCount: part.count, at: offset) { output in
      making.write(part, from: source, into: &output)
    }
  }
}

/// The bytes of a document as they will be stored.
struct StoredDocument: Sendable {
  let kind: SectionKind
  let name: String
  let member: Int?
  let byteCount: Int
  let isCompressed: Bool
  /// What is stored; a document that is stored plain stays in its source file.
  private let content: Content

  private enum Content: Sendable {
    case bytes([UInt8])
    case file(MappedFile, [Range<Int>])
  }

  /// The most bytes of a section that are compressed, and so taken into memory: what is larger is
  /// no text, but tensors that are not stored as they are used.
  private static let compressibleByteCount = 32 << 20

  init(_ section: BundlePlan.Section) {
    if case .file(let file, let ranges) = section.content,
      ranges.count == 1 || section.content.byteCount > Self.compressibleByteCount
    {
      let byteCount = section.content.byteCount
      let frame =
        byteCount <= Self.compressibleByteCount
        ? Self.frame(file.bytes.extracting(ranges[0])) : nil
      self.init(
        kind: section.kind, name: section.name, member: section.member, byteCount: byteCount,
        isCompressed: frame != nil, content: frame.map { .bytes($0) } ?? .file(file, ranges))
    } else {
      self.init(
        kind: section.kind, name: section.name, member: section.member,
        plain: section.content.plainBytes)
    }
  }

  init(kind: SectionKind, name: String = "", member: Int?, plain: [UInt8]) {
    let frame = Self.frame(plain.rawSpan)
    self.init(
      kind: kind, name: name, member: member, byteCount: plain.count, isCompressed: frame != nil,
      content: .bytes(frame ?? plain))
  }

  private init(
    kind: SectionKind, name: String, member: Int?, byteCount: Int, isCompressed: Bool,
    content: Content
  ) {
    self.kind = kind
    self.name = name
    self.member = member
    self.byteCount = byteCount
    self.isCompressed = isCompressed
    self.content = content
  }

  var storedByteCount: Int {
    switch content {
    case .bytes(let bytes): bytes.count
    case .file: byteCount
    }
  }

  var digest: Digest {
    switch content {
    case .bytes(let bytes): return BlockDigest.digest(of: bytes.rawSpan)
    case .file(let file, let ranges):
      if ranges.count == 1 { return BlockDigest.digest(of: file.bytes.extracting(ranges[0])) }
      var hasher = BlockHasher()
      for range in ranges { hasher.update(file.bytes.extracting(range)) }
      return hasher.finalize()
    }
  }

  func write(to output: OutputFile, at offset: Int) throws(FileError) {
    switch content {
    case .bytes(let bytes): try output.write(bytes.rawSpan, at: offset)
    case .file(let file, let ranges):
      var offset = offset
      for range in ranges {
        try output.write(file.bytes.extracting(range), at: offset)
        offset += range.count
      }
    }
  }

  /// The compressed bytes, or nil if that saves less than a sixteenth.
  private static func frame(_ plain: RawSpan) -> [UInt8]? {
    let frame = LZ4Frame.compress(plain)
    return frame.count <= plain.byteCount - plain.byteCount / 16 && !plain.isEmpty ? frame : nil
  }
}
