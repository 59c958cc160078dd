import TandemBytes
import TandemTensors

/// Checks a directory completely, so that nothing that is read from it later can fail.
///
/// One pass over each table; no memory that grows with the number of tensors. The rules are those of
/// `schemas/bundle.md`, section 4, in its order.
struct DirectoryCheck: ~Escapable {
  let directory: BundleDirectory
  let superblock: Superblock
  let path: String
  /// Whether the strings pool is ASCII without NUL throughout, which makes every string in it valid.
  let poolIsPlain: Bool

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, superblock: Superblock, path: String) throws(Finding) {
    let tables = try Self.tables(bytes, fileOffset: superblock.directoryOffset, path: path)
    let pool = bytes.extracting(tables[.strings].start..<tables[.strings].end)
    self.directory = BundleDirectory(
      bytes, fileOffset: superblock.directoryOffset, tables: tables)
    self.superblock = superblock
    self.path = path
    self.poolIsPlain = pool.isASCIIWithoutNUL
  }

  func run() throws(Finding) {
    try checkSections()
    try checkPayloads()
    try checkMembers()
    try checkRelations()
    try checkFieldCoverage()
  }

  // MARK: Tables

  private static func tables(
    _ bytes: RawSpan, fileOffset: Int, path: String
  ) throws(Finding) -> BundleTables {
    var tables = BundleTables()
    var end = BundleLayout.tablesByteCount
    for table in BundleLayout.Table.allCases {
      let entry = table.rawValue * BundleLayout.tableEntryByteCount
      let start = bytes.littleEndian(UInt64.self, at: entry)
      let count = bytes.littleEndian(UInt64.self, at: entry + 8)
      let aligned = BundleLayout.aligned(end, to: 8)
      let room = UInt64(max(bytes.byteCount - aligned, 0)) / UInt64(table.recordByteCount)
      guard start == UInt64(aligned), count <= room, count <= UInt64(UInt32.max) else {
        throw Finding(
          BundleRule.table, in: path, item: "\(table)", at: fileOffset + entry,
          "has \(count) records at \(start) of the directory; "
            + "it starts at \(aligned), where \(room) records have room")
      }
      guard bytes.extracting(end..<aligned).isZero else {
        throw Finding(
          BundleRule.table, in: path, item: "\(table)", at: fileOffset + end,
          "the padding in front of it is not zero")
      }
      tables[table] = BundleTable(
        start: aligned, count: Int(count), recordByteCount: table.recordByteCount)
      end = tables[table].end
    }
    guard end == bytes.byteCount else {
      throw Finding(
        BundleRule.table, in: path, item: "strings", at: fileOffset + end,
        "ends at \(end) of a directory of \(bytes.byteCount) bytes")
    }
    return tables
  }

  // MARK: Sections

  private func checkSections() throws(Finding) {
    var end = UInt64(max(
      BundleLayout.superblockByteCount,
      superblock.directoryOffset + superblock.directoryByteCount))
    var phase = 0
    var digestSections = 0
    var expectsCompression = false
    for index in 0..<directory.sectionCount {
      let section = directory.section(index)
      func broken(_ message: String) -> Finding {
        finding(.section, .sections, index, "section \(index)", message)
      }
      guard let kind = SectionKind(rawValue: section.kind) else {
        throw broken("has kind \(section.kind); known are 1 to 8")
      }
      let isCompressed = section.flags == SectionRecord.compressedFlag
      guard section.flags == 0 || (isCompressed && kind.mayBeCompressed) else {
        throw broken("has flags \(section.flags), which its kind does not allow")
      }
      expectsCompression = expectsCompression || isCompressed
      guard isCompressed || section.byteCount == section.storedByteCount else {
        throw broken(
          "stores \(section.storedByteCount) bytes of \(section.byteCount) without compression")
      }
      let ownPhase = kind == .tensors ? 1 : kind == .manifest ? 2 : 0
      guard ownPhase >= phase, ownPhase < 2 || index == directory.sectionCount - 1 else {
        throw broken("stands after a section that must follow it, or is a second manifest")
      }
      phase = ownPhase
      digestSections += kind == .blockDigests ? 1 : 0
      let alignment =
        kind == .tensors ? superblock.sectionAlignment : BundleLayout.documentAlignment
      let length = UInt64(superblock.fileByteCount)
      guard section.offset % UInt64(alignment) == 0, section.offset >= end,
        section.offset <= length, section.storedByteCount <= length - section.offset,
        section.offset - end < UInt64(alignment), section.byteCount <= UInt64(Int.max)
      else {
        throw broken(
          "has \(section.storedByteCount) bytes at \(section.offset); it starts at the first "
            + "multiple of \(alignment) from \(end) and ends in a file of \(length)")
      }
      end = section.offset + section.storedByteCount
      let namesItself = [.document, .header].contains(kind)
      guard section.name.byteCount == 0 ? !namesItself : kind.rawValue > 3 else {
        throw broken("has \(section.name.byteCount == 0 ? "no" : "a") name, against its kind")
      }
      if section.name.byteCount > 0 {
        try checkString(section.name, .sections, index, "section \(index)")
      }
      guard section.member == BundleLayout.none || section.member < directory.memberCount,
        section.reserved == 0, reservedIsZero(.sections, index, 80..<104),
        kind != .tensors || section.digest.isZero,
        kind == .document || (kind.rawValue == 2 || kind.rawValue == 3)
          == (section.member == BundleLayout.none)
      else {
        throw broken("names a member that is not there, or a field that must be zero is not")
      }
    }
    guard end == UInt64(superblock.fileByteCount), phase == 2, digestSections == 1 else {
      throw finding(
        .section, .sections, max(directory.sectionCount - 1, 0), nil,
        "the sections end at \(end) of \(superblock.fileByteCount); there are \(digestSections) "
          + "sections of block digests; one is needed, and a manifest at the end of the file")
    }
    let says = superblock.requiredFeatures & BundleLayout.Feature.lz4 != 0
    guard says == expectsCompression else {
      throw Finding(
        BundleRule.feature, in: path, at: BundleLayout.Superblock.requiredFeatures,
        "the feature lz4 is \(says ? "set" : "not set"), but "
          + (says ? "no section is compressed" : "a section is"))
    }
  }

  // MARK: Payloads

  private func checkPayloads() throws(Finding) {
    var end: UInt64 = 0
    var blocks: UInt64 = 0
    var section = -1
    var sectionRange: Range<UInt64> = 0..<0
    let alignment = UInt64(superblock.tensorAlignment)
    for index in 0..<directory.payloadCount {
      let payload = directory.payload(index)
      guard payload.offset % alignment == 0, payload.offset >= end,
        payload.byteCount <= UInt64(Int.max) - payload.offset
      else {
        throw broken(
          index, "has \(payload.byteCount) bytes at \(payload.offset); it starts at a multiple of "
            + "\(alignment), from \(end)")
      }
      end = payload.offset + payload.byteCount
      while !(sectionRange.lowerBound <= payload.offset && end <= sectionRange.upperBound) {
        section += 1
        guard section < directory.sectionCount else {
          throw broken(
            index, "the bytes \(payload.offset) to \(end) lie in no one section of tensor data")
        }
        let record = directory.section(section)
        if record.kind == SectionKind.tensors.rawValue {
          sectionRange = record.offset..<record.offset + record.storedByteCount
        }
      }
      guard UInt64(payload.firstBlock) == blocks, payload.encoding == 0 else {
        throw broken(
          index, payload.encoding == 0
            ? "its first block is \(payload.firstBlock), \(blocks) come before it"
            : "has encoding \(payload.encoding); this reader knows 0")
      }
      blocks += UInt64(BlockDigest.blockCount(ofByteCount: Int(payload.byteCount)))
    }
    for index in 0..<directory.sectionCount {
      let record = directory.section(index)
      if record.kind == SectionKind.blockDigests.rawValue,
        record.byteCount != blocks * UInt64(Digest.byteCount)
      {
        throw finding(
          .section, .sections, index, nil,
          "the block digests have \(record.byteCount) bytes, \(blocks) blocks need \(blocks * 32)")
      }
    }
    func broken(_ index: Int, _ message: String) -> Finding {
      finding(.payload, .payloads, index, "payload \(index)", message)
    }
  }

  // MARK: Helpers

  func finding(
    _ rule: BundleRule, _ table: BundleLayout.Table, _ index: Int, _ item: String?,
    _ message: String
  ) -> Finding {
    Finding(
      rule, in: path, item: item,
      at: directory.fileOffset + directory.tables[table].offset(index), message)
  }

  private func reservedIsZero(
    _ table: BundleLayout.Table, _ index: Int, _ range: Range<Int>
  ) -> Bool {
    let start = directory.tables[table].offset(index)
    return directory.bytes.extracting(
      start + range.lowerBound..<start + range.upperBound
    ).isZero
  }

  /// Checks that a string lies in the pool and is UTF-8 without NUL.
  func checkString(
    _ reference: StringReference, _ table: BundleLayout.Table, _ index: Int, _ item: String
  ) throws(Finding) {
    let count = directory.tables[.strings].count
    guard Int(reference.offset) + Int(reference.byteCount) <= count else {
      throw finding(
        .string, table, index, item,
        "a string has \(reference.byteCount) bytes at \(reference.offset) of a pool of \(count)")
    }
    if poolIsPlain { return }
    let text = directory.text(reference)
    guard text.isUTF8WithoutNUL else {
      throw finding(.string, table, index, item, "a string is not UTF-8 without NUL")
    }
  }
}
