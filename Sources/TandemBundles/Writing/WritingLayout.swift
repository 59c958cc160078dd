import TandemBytes
import TandemTensors

/// Where everything of a bundle will stand. Known before a tensor byte is read, because digests
/// have fixed sizes; only the manifest, which has none, comes last.
struct WritingLayout: Sendable {
  let sectionAlignment: Int
  let tensorAlignment = BundleLayout.tensorAlignment
  let directoryOffset = BundleLayout.superblockByteCount
  let directoryByteCount: Int
  let documentOffsets: [Int]
  let blockDigestsOffset: Int
  let payloadOffsets: [Int]
  /// The bytes of each payload.
  private let byteCounts: [Int]
  /// For each payload, its first block and the first one after it.
  let firstBlocks: [(first: Int, next: Int)]
  /// The tensor sections: which member's, and where.
  let tensorSections: [(member: Int, range: Range<Int>)]
  let manifestOffset: Int
  private let builder: DirectoryBuilder

  init(_ plan: BundlePlan, documents: [StoredDocument], builder: DirectoryBuilder) {
    var builder = builder
    // Names first: what is interned later must not lengthen the pool.
    for document in documents { _ = builder.intern(document.name) }
    builder.addMembersAndRelations(of: plan)
    self.builder = builder

    let memberSections = Set(plan.payloads.map(\.member)).count
    let sectionCount = documents.count + 1 + memberSections + 1
    directoryByteCount = builder.byteCount(
      addingPayloads: plan.payloads.count, sections: sectionCount)

    var end = directoryOffset + directoryByteCount
    func place(_ byteCount: Int, alignment: Int) -> Int {
      let start = BundleLayout.aligned(end, to: alignment)
      end = start + byteCount
      return start
    }
    byteCounts = plan.payloads.map(\.byteCount)
    let blockCounts = byteCounts.map { BlockDigest.blockCount(ofByteCount: $0) }
    blockDigestsOffset = place(
      blockCounts.reduce(0, +) * Digest.byteCount, alignment: BundleLayout.documentAlignment)
    documentOffsets = documents.map {
      place($0.storedByteCount, alignment: BundleLayout.documentAlignment)
    }

    let tensorBytes = byteCounts.reduce(0, +)
    sectionAlignment = tensorBytes < 1 << 20 ? 4096 : 65536
    var offsets: [Int] = []
    var blocks: [(first: Int, next: Int)] = []
    var sections: [(member: Int, range: Range<Int>)] = []
    for (payload, blockCount) in zip(plan.payloads, blockCounts) {
      let startsSection = sections.last?.member != payload.member
      let offset = place(
        payload.byteCount,
        alignment: startsSection ? sectionAlignment : Self.alignment(of: payload.byteCount))
      offsets.append(offset)
      let firstBlock = blocks.last?.next ?? 0
      blocks.append((firstBlock, firstBlock + blockCount))
      if startsSection {
        sections.append((payload.member, offset..<end))
      } else if let last = sections.indices.last {
        sections[last].range = sections[last].range.lowerBound..<end
      }
    }
    payloadOffsets = offsets
    firstBlocks = blocks
    tensorSections = sections
    manifestOffset = place(0, alignment: BundleLayout.documentAlignment)
  }

  /// Large tensors begin on a page, so that they can be written and read past the page cache; the
  /// gaps are at most a thirty-second of them.
  private static func alignment(of byteCount: Int) -> Int {
    byteCount >= 32 * BundleLayout.pageByteCount
      ? BundleLayout.pageByteCount : BundleLayout.tensorAlignment
  }

  /// The number of 1 MiB blocks of all payloads.
  var blockCount: Int { firstBlocks.last?.next ?? 0 }

  /// A block: the payload that it belongs to, its bytes in there, and its place in the file.
  ///
  /// - Complexity: O(log *n*) in the number of payloads.
  func block(_ number: Int) -> (payload: Int, range: Range<Int>, place: Range<Int>) {
    var low = 0
    var high = firstBlocks.count
    while low < high {
      let middle = (low + high) / 2
      if firstBlocks[middle].next <= number { low = middle + 1 } else { high = middle }
    }
    let range = BlockDigest.range(
      ofBlock: number - firstBlocks[low].first, byteCount: byteCounts[low])
    let place = payloadOffsets[low] + range.lowerBound..<payloadOffsets[low] + range.upperBound
    return (low, range, place)
  }

  /// The finished directory with what goes around it.
  struct Finished {
    let superblock: Superblock
    let bytes: [UInt8]
    let manifest: [UInt8]
  }

  /// Fills in the digests, which are known now, and writes the manifest from the directory.
  func directory(
    _ plan: BundlePlan, documents: [StoredDocument], digests: PayloadDigests
  ) -> Finished {
    var builder = self.builder
    for (index, payload) in plan.payloads.enumerated() {
      builder.payloads.append(littleEndian: UInt64(payloadOffsets[index]))
      builder.payloads.append(littleEndian: UInt64(payload.byteCount))
      builder.payloads.append(littleEndian: UInt32(firstBlocks[index].first))
      builder.payloads.append(littleEndian: UInt32(0))
    }
    builder.setMembers(plan) { member in
      digests.tensorSet(of: member, payload: { firstBlocks[$0].first..<firstBlocks[$0].next })
    }
    SectionRecord(
      kind: .blockDigests, member: nil, offset: blockDigestsOffset,
      storedByteCount: digests.blocks.count * Digest.byteCount,
      byteCount: digests.blocks.count * Digest.byteCount,
      digest: BlockDigest.digest(of: digests.blocks.rawSpan)
    ).append(to: &builder.sections)
    for (document, offset) in zip(documents, documentOffsets) {
      SectionRecord(
        kind: document.kind, name: builder.intern(document.name), member: document.member,
        offset: offset, storedByteCount: document.storedByteCount, byteCount: document.byteCount,
        isCompressed: document.isCompressed, digest: document.digest
      ).append(to: &builder.sections)
    }
    for (member, range) in tensorSections {
      SectionRecord(
        kind: .tensors, member: member, offset: range.lowerBound, storedByteCount: range.count,
        byteCount: range.count
      ).append(to: &builder.sections)
    }
    let withoutManifest = builder.sections
    func complete(_ manifest: [UInt8]) -> [UInt8] {
      builder.sections = withoutManifest
      SectionRecord(
        kind: .manifest, member: nil, offset: manifestOffset, storedByteCount: manifest.count,
        byteCount: manifest.count, digest: BlockDigest.digest(of: manifest.rawSpan)
      ).append(to: &builder.sections)
      return builder.bytes
    }
    let draft = complete([])
    let manifest = BundleManifest.bytes(
      BundleDirectory(
        draft.rawSpan, fileOffset: directoryOffset, tables: BundleTables(trusting: draft.rawSpan)),
      sectionAlignment: sectionAlignment, tensorAlignment: tensorAlignment)
    let bytes = complete(manifest)
    let features = documents.contains(where: \.isCompressed) ? BundleLayout.Feature.lz4 : 0
    let superblock = Superblock(
      requiredFeatures: features, fileByteCount: manifestOffset + manifest.count,
      directoryOffset: directoryOffset, directoryByteCount: bytes.count,
      directoryDigest: BlockDigest.digest(of: bytes.rawSpan), sectionAlignment: sectionAlignment,
      tensorAlignment: tensorAlignment)
    return Finished(superblock: superblock, bytes: bytes, manifest: manifest)
  }
}

/// The digests of payload blocks, and what follows from them.
struct PayloadDigests {
  let blocks: [Digest]

  /// The tensor-set digest of a member; zero if it has no tensors.
  func tensorSet(of member: BundlePlan.Member, payload: (Int) -> Range<Int>) -> Digest {
    if member.tensors.isEmpty { return .zero }
    var digest = TensorSetDigest()
    for tensor in member.sortedTensors {
      let root = BlockDigest.root(ofBlocks: blocks[payload(tensor.payload)])
      digest.add(
        name: Array(tensor.name.utf8).rawSpan, type: tensor.type, shape: tensor.shape,
        payload: root)
    }
    return digest.finalize()
  }
}

extension BundlePlan.Member {
  /// The tensors in the order in which a bundle lists them.
  var sortedTensors: [BundlePlan.Tensor] {
    tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
