import TandemBytes
import TandemTensors

/// Checks a directory completely, so that nothing that is read from it later can fail.
///
/// One pass over each table; no memory that grows with the number of tensors. The rules are those
/// of `schemas/bundle.md`, section 4, in its order.
struct DirectoryCheck: ~Escapable {
  let directory: BundleDirectory
  let superblock: Superblock
  let path: String
  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, superblock: Superblock, path: String) throws(Finding) {
    let tables = try Self.tables(bytes, fileOffset: superblock.directoryOffset, path: path)
    let pool = tables[.strings]
    guard bytes.extracting(pool.start..<pool.end).isUTF8WithoutNUL else {
      throw Finding(
        BundleRule.string, in: path, at: superblock.directoryOffset + pool.start,
        "the strings pool is not UTF-8 without NUL")
    }
    self.directory = BundleDirectory(
      bytes, fileOffset: superblock.directoryOffset, tables: tables)
    self.superblock = superblock
    self.path = path
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
      let room = UInt64((bytes.byteCount - end) / table.recordByteCount)
      guard start == UInt64(end), count <= room, count <= UInt64(UInt32.max) else {
        throw Finding(
          BundleRule.table, in: path, item: "\(table)", at: fileOffset + entry,
          "has \(count) records at \(start) of the directory; "
            + "it starts at \(end), where \(room) records have room")
      }
      tables[table] = BundleTable(
        start: end, count: Int(count), recordByteCount: table.recordByteCount)
      end = tables[table].end
    }
    guard end == bytes.byteCount else {
      throw Finding(
        BundleRule.table, in: path, item: "strings", at: fileOffset + end,
        "ends at \(end) of a directory of \(bytes.byteCount) bytes")
    }
    return tables
  }

  // MARK: Payloads

  private func checkPayloads() throws(Finding) {
    var end: UInt64 = 0
    var blocks: UInt64 = 0
    var section = -1
    var sectionRange: Range<UInt64> = 0..<0
    // The superblock's check has made sure that this is a power of two.
    let alignment = UInt64(superblock.tensorAlignment)
    for index in 0..<directory.payloadCount {
      let payload = directory.payload(index)
      guard payload.offset & (alignment - 1) == 0, payload.offset >= end,
        payload.offset <= UInt64(Int.max), payload.byteCount <= UInt64(Int.max) - payload.offset
      else {
        throw broken(
          index,
          "has \(payload.byteCount) bytes at \(payload.offset); it starts at a multiple of "
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
          index,
          payload.encoding == 0
            ? "its first block is \(payload.firstBlock), \(blocks) come before it"
            : "has encoding \(payload.encoding); this reader knows 0")
      }
      blocks += UInt64(BlockDigest.blockCount(ofByteCount: Int(payload.byteCount)))
    }
    // The check of the sections has made sure that the first holds the block digests.
    let stored = directory.section(0).byteCount
    guard stored == blocks * UInt64(Digest.byteCount) else {
      throw finding(
        .section, .sections, 0, nil,
        "the block digests have \(stored) bytes, \(blocks) blocks need \(blocks * 32)")
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

  /// Checks that a string lies in the pool, which is UTF-8, and begins and ends between characters.
  func checkString(
    _ reference: StringReference, _ table: BundleLayout.Table, _ index: Int, _ item: String? = nil
  ) throws(Finding) {
    let end = Int(reference.offset) + Int(reference.byteCount)
    guard end <= directory.tables[.strings].count, directory.isOnBoundaries(reference) else {
      throw stringFlaw(reference, table, index, item)
    }
  }

  /// What is wrong with a string that is not between characters of the pool.
  func stringFlaw(
    _ reference: StringReference, _ table: BundleLayout.Table, _ index: Int, _ item: String? = nil
  ) -> Finding {
    let count = directory.tables[.strings].count
    let isInside = Int(reference.offset) + Int(reference.byteCount) <= count
    return finding(
      .string, table, index, item,
      isInside
        ? "a string begins or ends inside a character"
        : "a string has \(reference.byteCount) bytes at \(reference.offset) of a pool of \(count)")
  }
}
